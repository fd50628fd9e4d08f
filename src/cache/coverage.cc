#include "cache/coverage.h"

#include "cache/fill.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace tonearm::cache {
namespace {

using Kind = Version::Look::Kind;

/// Pieces whose indexes are read to say beforehand whether an answer is a hit.
constexpr std::size_t most_loaded = 64;

/// For the same reason, on the loop: of the longest songs not all is looked at.
constexpr std::size_t most_looks = 4096;

/// Between two turns of the loop.
constexpr std::size_t looks_at_once = 256;

/// Adds what is kept of `range`, and tells where what is not begins; its end when all is.
std::uint64_t look_at(Version& version, http::ByteRange range, Coverage& seen) {
  const Geometry geometry = version.geometry();
  for (std::uint64_t at = range.first; at < range.end;) {
    if (seen.looks == most_looks || seen.unknown.size() == most_loaded) {
      seen.cut_short = true;
      return at;
    }
    ++seen.looks;
    const Version::Look look = version.glance(at, range.end);
    if (look.kind == Kind::unknown) seen.unknown.push_back(at);
    if (look.kind == Kind::missing) {
      seen.misses = true;
      seen.some = seen.some || version.next_kept(at) < range.end;
      return at;
    }
    seen.some = true;
    at = look.end > at ? look.end : geometry.slice_end(at);
  }
  return range.end;
}

/// The end of what a fill holds in memory from `at` on; `at` when that is nothing.
std::uint64_t end_in_memory(Version& version, std::uint64_t at) {
  const std::lock_guard lock(version.fills_mutex());
  for (const auto& fill : version.fills()) {
    const Fill::View view = fill->view(at);
    if (view.kind == Fill::View::Kind::bytes) return at + view.bytes.size();
  }
  return at;
}

bool has_come(Version& version, http::ByteRange range) {
  const Geometry geometry = version.geometry();
  std::size_t looks = 0;
  for (std::uint64_t at = range.first; at < range.end;) {
    if (++looks > most_looks) return false;
    Version::Look look = version.glance(at, range.end);
    if (look.kind == Kind::missing) {
      look.end = end_in_memory(version, at);
      // It was written between the two looks, if it has come.
      if (look.end == at) look = version.glance(at, range.end);
    }
    if (look.end <= at) return false;
    at = std::min(look.end, geometry.slice_end(at));
  }
  return true;
}

}  // namespace

http::ByteRanges parts_read(const source::ReadIntent& intent, const http::Representation& what,
                            const Geometry& geometry) {
  const std::uint64_t length = geometry.length;
  http::ByteRanges parts;
  if (intent.parts) {
    parts = intent.parts(what);
    for (http::ByteRange& part : parts) part.end = std::min(part.end, length);
  } else if (!intent.range || length == endless) {
    parts.push_back({0, length});
  } else if (const auto fitted = http::fit_range(*intent.range, length)) {
    parts.push_back(*fitted);
  }
  const auto nothing = [](const http::ByteRange& part) { return part.first >= part.end; };
  parts.erase(std::remove_if(parts.begin(), parts.end(), nothing), parts.end());
  return parts;
}

bool has_come(Version& version, const http::ByteRanges& parts) {
  return std::ranges::all_of(
      parts, [&version](const http::ByteRange& part) { return has_come(version, part); });
}

bool comes_soon(Version& version, const http::ByteRanges& parts) {
  const std::lock_guard lock(version.fills_mutex());
  return std::ranges::any_of(version.fills(), [&parts](const std::shared_ptr<Fill>& fill) {
    return fill->brings_soon(parts.back().first);
  });
}

Coverage coverage_of(Version& version, const http::ByteRanges& parts) {
  Coverage seen;
  seen.kept_to = look_at(version, parts.front(), seen);
  seen.begins = seen.kept_to > parts.front().first;
  for (std::size_t i = 1; i < parts.size(); ++i) look_at(version, parts[i], seen);
  return seen;
}

io::Task<Coverage> load_coverage(Store& store, std::shared_ptr<Version> version,
                                 const http::ByteRanges& parts, const Coverage& before) {
  for (const std::uint64_t position : before.unknown) {
    co_await load_piece(store, version, position);
    const Kind now = version->glance(position, position + 1).kind;
    if (now == Kind::missing || now == Kind::unknown) break;  // no hit, or that cannot be told now
  }
  co_return coverage_of(*version, parts);
}

bool waits_for_disk(Version& version, std::uint64_t position) {
  const Kind kind = version.glance(position, position + 1).kind;
  return kind == Kind::unknown || kind == Kind::unproven;
}

io::Task<bool> is_whole(Store& store, std::shared_ptr<Version> version) {
  const Geometry geometry = version->geometry();
  std::size_t looks = 0;
  for (std::uint64_t at = 0; at < geometry.length;) {
    if (++looks % looks_at_once == 0) co_await io::asio::post(io::use_task);
    Version::Look look = version->look(at, geometry.length);
    if (look.kind == Kind::unknown) {
      const bool loaded = co_await load_piece(store, version, at);
      if (!loaded && store.disk().is_silent()) co_return false;
      look = version->look(at, geometry.length);
    }
    if (look.kind == Kind::missing) co_return false;
    at = look.end > at ? look.end : geometry.slice_end(at);
  }
  // Who plays it already can do without the names of its files.
  co_return !version->dead();
}

io::Task<bool> load_piece(Store& store, std::shared_ptr<Version> version, std::uint64_t position) {
  auto read = [&store, version, position] { return store.load_piece(*version, position); };
  const std::optional<bool> loaded = co_await store.ask_disk(std::move(read));
  co_return loaded.value_or(false);
}

}  // namespace tonearm::cache
