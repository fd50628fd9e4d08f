#include "cache/foresight.h"

#include <utility>

namespace tonearm::cache {
namespace {

using Kind = Version::Look::Kind;

/// Pieces whose indexes are read to say beforehand whether an answer is a hit.
constexpr int most_loaded = 64;

/// Adds what is kept of `range`; false when its first byte is not.
io::Task<bool> look_at(Shelf& shelf, std::shared_ptr<Version> version, http::ByteRange range,
                       int& loaded, Foresight& seen) {
  const Geometry geometry = version->geometry();
  for (std::uint64_t at = range.first; at < range.end;) {
    const Version::Look look = version->glance(at, range.end);
    if (look.kind == Kind::unknown && loaded < most_loaded) {
      ++loaded;
      co_await load_piece(shelf, version, at);
      if (version->glance(at, range.end).kind == Kind::unknown) co_return true;
      continue;
    }
    if (look.kind == Kind::missing) {
      seen.all = false;
      seen.some = seen.some || version->next_kept(at) < range.end;
      co_return at > range.first;
    }
    seen.some = true;
    at = look.end > at ? look.end : geometry.slice_end(at);
  }
  co_return true;
}

}  // namespace

io::Task<Foresight> foresee(Shelf& shelf, std::shared_ptr<Version> version, http::ByteRange range,
                            const std::vector<http::RangeSpec>& further) {
  Foresight seen;
  int loaded = 0;
  seen.begins = co_await look_at(shelf, version, range, loaded, seen);
  for (const http::RangeSpec& asked : further) {
    const auto part = http::fit_range(asked, version->geometry().length);
    if (part) co_await look_at(shelf, version, *part, loaded, seen);
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
