#include "cache/song_record.h"

#include "tonearm/base/checksum.h"

#include "cache/geometry.h"
#include "cache/little_endian.h"

#include <array>
#include <chrono>
#include <cstring>

namespace tonearm::cache {
namespace {

using std::chrono::seconds;

constexpr std::string_view record_magic = "TONEREC1";
constexpr std::size_t checked_from = 16;
constexpr std::size_t fixed_size = 116;

enum Flag : std::uint32_t {
  has_ranges = 1,
  is_whole_only = 2,
  has_etag = 4,
  etag_is_weak = 8,
  has_last_modified = 16,
  last_modified_is_strong = 32,
  no_cache = 64,
  must_revalidate = 128,
  has_max_age = 256,
  has_s_maxage = 512,
  has_expires = 1024,
  has_date = 2048,
  single_pass = 4096,
  has_stale_if_error = 8192,
};

template <class Number>
Number get(std::string_view bytes, std::size_t offset) {
  return load_little_endian<Number>(bytes.data() + offset);
}

void put_time(std::string& out, const std::optional<http::HttpTime>& time) {
  append_little_endian<std::int64_t>(out, time ? time->time_since_epoch().count() : 0);
}

void put_duration(std::string& out, const std::optional<seconds>& duration) {
  append_little_endian<std::int64_t>(out, duration.value_or(seconds(0)).count());
}

http::HttpTime time_at(std::string_view bytes, std::size_t offset) {
  return http::HttpTime(seconds(get<std::int64_t>(bytes, offset)));
}

std::uint32_t flags_of(const SongRecord& record) {
  const http::Validators& validators = record.what.validators;
  const http::CacheFields& caching = record.what.caching;
  std::uint32_t flags = 0;
  const auto set = [&](Flag flag, bool on) { flags |= on ? flag : 0U; };
  set(has_ranges, record.what.ranges);
  set(is_whole_only, record.whole_only);
  set(has_etag, validators.etag.has_value());
  set(etag_is_weak, validators.etag && validators.etag->weak);
  set(has_last_modified, validators.last_modified.has_value());
  set(last_modified_is_strong, validators.last_modified_is_strong);
  set(no_cache, caching.no_cache);
  set(must_revalidate, caching.must_revalidate);
  set(has_max_age, caching.max_age.has_value());
  set(has_s_maxage, caching.s_maxage.has_value());
  set(has_expires, caching.expires.has_value());
  set(has_date, caching.date.has_value());
  set(single_pass, record.what.single_pass);
  set(has_stale_if_error, caching.stale_if_error.has_value());
  return flags;
}

http::CacheFields caching_at(std::string_view bytes, std::uint32_t flags) {
  http::CacheFields caching;
  caching.no_cache = (flags & no_cache) != 0;
  caching.must_revalidate = (flags & must_revalidate) != 0;
  if ((flags & has_max_age) != 0) caching.max_age = seconds(get<std::int64_t>(bytes, 56));
  if ((flags & has_s_maxage) != 0) caching.s_maxage = seconds(get<std::int64_t>(bytes, 64));
  if ((flags & has_expires) != 0) caching.expires = time_at(bytes, 72);
  if ((flags & has_date) != 0) caching.date = time_at(bytes, 80);
  caching.age = seconds(get<std::int64_t>(bytes, 88));
  caching.received = time_at(bytes, 96);
  return caching;
}

/// Whether a time or duration is one that arithmetic can be done with.
bool is_sane_time(std::string_view bytes, std::size_t offset) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  const auto number = get<std::int64_t>(bytes, offset);
  return number >= -most && number <= most;
}

bool is_sane(std::string_view bytes) {
  for (std::size_t offset = 48; offset <= 96; offset += 8) {
    if (!is_sane_time(bytes, offset)) return false;
  }
  const auto slice = get<std::uint64_t>(bytes, 32);
  return slice != 0 && slice % block_size == 0 && slice <= std::uint64_t{1} << 30 &&
         get<std::uint64_t>(bytes, 40) < endless;
}

}  // namespace

std::string encode_record(const SongRecord& record) {
  const http::Validators& validators = record.what.validators;
  const http::CacheFields& caching = record.what.caching;
  const std::string etag = validators.etag ? validators.etag->opaque : std::string();
  std::string bound;
  if (caching.stale_if_error) put_duration(bound, caching.stale_if_error);
  std::string rest;
  append_little_endian(rest, static_cast<std::uint32_t>(fixed_size + record.key.size() +
                                                        record.what.content_type.size() +
                                                        etag.size() + bound.size()));
  append_little_endian(rest, flags_of(record));
  append_little_endian(rest, record.version);
  append_little_endian(rest, record.slice_size);
  append_little_endian(rest, record.what.length.value_or(0));
  put_time(rest, validators.last_modified);
  put_duration(rest, caching.max_age);
  put_duration(rest, caching.s_maxage);
  put_time(rest, caching.expires);
  put_time(rest, caching.date);
  put_duration(rest, caching.age);
  put_time(rest, caching.received);
  append_little_endian(rest, static_cast<std::uint32_t>(record.key.size()));
  append_little_endian(rest, static_cast<std::uint32_t>(record.what.content_type.size()));
  append_little_endian(rest, static_cast<std::uint32_t>(etag.size()));
  rest += record.key;
  rest += record.what.content_type;
  rest += etag;
  rest += bound;
  std::string out(record_magic);
  append_little_endian(out, checksum(rest, 0));
  return out + rest;
}

std::optional<SongRecord> decode_record(std::string_view bytes) {
  if (bytes.size() < fixed_size || !bytes.starts_with(record_magic)) return std::nullopt;
  if (get<std::uint64_t>(bytes, 8) != checksum(bytes.substr(checked_from), 0)) return std::nullopt;
  if (get<std::uint32_t>(bytes, 16) != bytes.size() || !is_sane(bytes)) return std::nullopt;
  const std::uint64_t key = get<std::uint32_t>(bytes, 104);
  const std::uint64_t type = get<std::uint32_t>(bytes, 108);
  const std::uint64_t etag = get<std::uint32_t>(bytes, 112);
  const auto flags = get<std::uint32_t>(bytes, 20);
  const std::uint64_t texts_end = fixed_size + key + type + etag;
  const bool bounded = (flags & has_stale_if_error) != 0;
  if (texts_end + (bounded ? sizeof(std::int64_t) : 0) != bytes.size()) return std::nullopt;
  if (bounded && !is_sane_time(bytes, texts_end)) return std::nullopt;
  SongRecord record;
  record.version = get<std::uint64_t>(bytes, 24);
  record.slice_size = get<std::uint64_t>(bytes, 32);
  record.whole_only = (flags & is_whole_only) != 0;
  record.key = bytes.substr(fixed_size, key);
  record.what.length = get<std::uint64_t>(bytes, 40);
  record.what.content_type = bytes.substr(fixed_size + key, type);
  record.what.ranges = (flags & has_ranges) != 0;
  record.what.single_pass = (flags & single_pass) != 0;
  http::Validators& validators = record.what.validators;
  if ((flags & has_etag) != 0) {
    validators.etag = http::EntityTag{std::string(bytes.substr(fixed_size + key + type, etag)),
                                      (flags & etag_is_weak) != 0};
  }
  if ((flags & has_last_modified) != 0) validators.last_modified = time_at(bytes, 48);
  validators.last_modified_is_strong = (flags & last_modified_is_strong) != 0;
  record.what.caching = caching_at(bytes, flags);
  if (bounded) {
    record.what.caching.stale_if_error = seconds(get<std::int64_t>(bytes, texts_end));
  }
  return record;
}

}  // namespace tonearm::cache
