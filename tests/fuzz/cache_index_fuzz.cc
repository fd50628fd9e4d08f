// What lies in a cache directory may be anything: names, records, indexes of pieces.
#include "tonearm/base/checksum.h"

#include "cache/geometry.h"
#include "cache/little_endian.h"
#include "cache/piece_format.h"
#include "cache/song_record.h"

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace tonearm::cache;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_record(std::string_view bytes) {
  const auto record = decode_record(bytes);
  if (!record) return;
  require(record->what.length && *record->what.length < endless);
  require(record->slice_size > 0 && record->slice_size % block_size == 0);
  const auto again = decode_record(encode_record(*record));
  require(again && again->key == record->key && again->what.length == record->what.length);
}

/// Wherever a slice ends: its index lies behind its data, at the next page, in no other slice's
/// way.
void check_index_place(std::uint64_t slice_size, std::uint64_t length, std::uint64_t slice) {
  const Geometry geometry{usable_slice_size(slice_size % (std::uint64_t{1} << 30)),
                          length % endless};
  if (geometry.slices() == 0) return;
  slice %= geometry.slices();
  const std::uint64_t first = slice * geometry.slice_size;
  const std::uint64_t data = geometry.slice_end(first) - first;
  const std::uint64_t index_at = geometry.index_at(slice);
  require(index_at % page_size == 0 && index_at >= data && index_at < data + page_size);
  require(index_at <= geometry.slice_size);
  require(Geometry{geometry.slice_size, endless}.index_at(slice) == geometry.slice_size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check_record(bytes);
  // The same with magic, size and checksum as they should be, so that what is behind them is read.
  if (size >= 20) {
    std::string record = bytes;
    record.replace(0, 8, "TONEREC1");
    for (std::size_t i = 0; i < 4; ++i) record[16 + i] = static_cast<char>(size >> (8 * i) & 0xFF);
    const std::uint64_t sum = tonearm::checksum(std::string_view(record).substr(16), 0);
    for (std::size_t i = 0; i < 8; ++i) record[8 + i] = static_cast<char>(sum >> (8 * i) & 0xFF);
    check_record(record);
  }
  const FileName name = parse_file_name(bytes);
  if (name.kind == FileName::Kind::piece) require(piece_name(name.id) == bytes);
  const PieceId id{tonearm::hash_name("song"), 1, 2};
  const auto sums = read_index(std::as_bytes(std::span(bytes)), id, 2 * block_size);
  require(!sums || sums->size() == 2);
  if (sums) require(bytes.starts_with(make_index(id, 2 * block_size, *sums)));
  if (size >= 24) {
    const auto number = [&bytes](std::size_t i) {
      return load_little_endian<std::uint64_t>(bytes.data() + 8 * i);
    };
    check_index_place(number(0), number(1), number(2));
  }
  return 0;
}
