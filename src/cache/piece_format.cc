#include "cache/piece_format.h"

#include "tonearm/base/checksum.h"

#include "cache/geometry.h"
#include "cache/little_endian.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace tonearm::cache {
namespace {

constexpr std::string_view piece_magic = "TONEPCE2";
constexpr std::size_t head_size = 64;
constexpr std::size_t song_digits = 32;

std::uint64_t sum_in_index(std::uint64_t i) { return head_size + 8 * i; }

std::string make_head(const PieceId& id, std::uint64_t slice_size) {
  std::string rest;
  append_little_endian(rest, id.version);
  append_little_endian(rest, id.slice);
  append_little_endian(rest, slice_size);
  append_little_endian(rest, block_size);
  append_little_endian(rest, checksum(id.song, 0));
  std::string out(piece_magic);
  append_little_endian(out, checksum(rest, 0));
  out += rest;
  out.resize(head_size);
  return out;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size() || !is_hex(text)) return {};
  return number;
}

}  // namespace

std::uint64_t sum_offset(std::uint64_t index_at, std::uint64_t i) {
  return index_at + sum_in_index(i);
}

std::uint64_t index_size(std::uint64_t slice_size) { return sum_in_index(slice_size / block_size); }

std::string make_index(const PieceId& id, std::uint64_t slice_size,
                       std::span<const std::uint64_t> sums) {
  std::string index = make_head(id, slice_size);
  for (const std::uint64_t sum : sums) append_little_endian(index, sum);
  index.resize(index_size(slice_size));
  return index;
}

std::optional<std::vector<std::uint64_t>> read_index(std::span<const std::byte> index,
                                                     const PieceId& id, std::uint64_t slice_size) {
  if (slice_size == 0 || index.size() < index_size(slice_size)) return std::nullopt;
  const std::string expected = make_head(id, slice_size);
  if (std::memcmp(index.data(), expected.data(), head_size) != 0) return std::nullopt;
  std::vector<std::uint64_t> sums(slice_size / block_size);
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] = load_little_endian<std::uint64_t>(index.data() + sum_in_index(i));
  return sums;
}

std::uint64_t block_sum(std::span<const std::byte> bytes, std::uint64_t version,
                        std::uint64_t block) {
  const std::uint64_t sum = checksum(bytes, version + block);
  return sum == 0 ? 1 : sum;
}

std::string record_name(std::string_view song) { return std::string(song) + ".song"; }

std::string piece_name(const PieceId& id) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "-%016llx-%llx",
                static_cast<unsigned long long>(id.version),
                static_cast<unsigned long long>(id.slice));
  return id.song + text.data();
}

FileName parse_file_name(std::string_view name) {
  FileName parsed;
  if (name.size() <= song_digits || !is_hex(name.substr(0, song_digits))) return parsed;
  const std::string_view rest = name.substr(song_digits);
  parsed.id.song = name.substr(0, song_digits);
  if (rest == ".song") {
    parsed.kind = FileName::Kind::record;
  } else if (rest == ".song.new") {
    parsed.kind = FileName::Kind::temporary;
  } else if (rest.size() > 18 && rest[0] == '-' && rest[17] == '-') {
    const auto version = parse_hex(rest.substr(1, 16));
    const auto slice = parse_hex(rest.substr(18));
    if (!version || !slice) return parsed;
    parsed.id.version = *version;
    parsed.id.slice = *slice;
    if (piece_name(parsed.id) == name) parsed.kind = FileName::Kind::piece;
  }
  return parsed;
}

}  // namespace tonearm::cache
