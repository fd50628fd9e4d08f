#include "cache/foresight.h"

#include <utility>

namespace tonearm::cache {
namespace {

using Kind = Version::Look::Kind;

/// Pieces whose indexes are read to say beforehand whether an answer is a hit.
constexpr int most_loaded = 64;

/// Adds what is kept of `range`; false when its first byte is not.
bool look_at(Version& version, http::ByteRange range, Foresight& seen) {
  const Geometry geometry = version.geometry();
  for (std::uint64_t at = range.first; at < range.end;) {
    const Version::Look look = version.glance(at, range.end);
    if (look.kind == Kind::unknown && !seen.unknown) seen.unknown = at;
    if (look.kind == Kind::missing) {
      seen.all = false;
      seen.some = seen.some || version.next_kept(at) < range.end;
      return at > range.first;
    }
    seen.some = true;
    at = look.end > at ? look.end : geometry.slice_end(at);
  }
  return true;
}

}  // namespace

Foresight look_over(Version& version, http::ByteRange range,
                    const std::vector<http::RangeSpec>& further) {
  Foresight seen;
  seen.begins = look_at(version, range, seen);
  for (const http::RangeSpec& asked : further) {
    const auto part = http::fit_range(asked, version.geometry().length);
    if (part) look_at(version, *part, seen);
  }
  return seen;
}

io::Task<Foresight> foresee(Shelf& shelf, std::shared_ptr<Version> version, http::ByteRange range,
                            const std::vector<http::RangeSpec>& further) {
  Foresight seen = look_over(*version, range, further);
  for (int loaded = 0; seen.unknown && loaded < most_loaded; ++loaded) {
    const std::uint64_t position = *seen.unknown;
    co_await load_piece(shelf, version, position);
    seen = look_over(*version, range, further);
    if (seen.unknown && *seen.unknown == position) break;  // that cannot be told now
  }
  co_return seen;
}

io::Task<bool> is_whole(Shelf& shelf, std::shared_ptr<Version> version) {
  const Geometry geometry = version->geometry();
  for (std::uint64_t at = 0; at < geometry.length;) {
    Version::Look look = version->look(at, geometry.length);
    if (look.kind == Kind::unknown) {
      co_await load_piece(shelf, version, at);
      look = version->look(at, geometry.length);
    }
    if (look.kind == Kind::missing) co_return false;
    at = look.end > at ? look.end : geometry.slice_end(at);
  }
  // Who plays it already can do without the names of its files.
  co_return !version->dead();
}

io::Task<bool> load_piece(Shelf& shelf, std::shared_ptr<Version> version, std::uint64_t position) {
  auto read = [&shelf, version, position] {
    shelf.save_descriptors();
    return version->load(version->geometry().slice_at(position));
  };
  co_return co_await shelf.pool().run(std::move(read));
}

}  // namespace tonearm::cache
