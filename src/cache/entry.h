#pragma once

#include "tonearm/base/error.h"
#include "tonearm/cache/options.h"

#include "cache/fill.h"
#include "cache/version.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace tonearm::cache {

using Clock = std::chrono::steady_clock;

/// One question to the origin about a whole song: what it is, or whether it is still the same. Who
/// comes meanwhile waits for the answer instead of asking, too.
struct Visit {
  enum class Result {
    pending,
    current,    ///< `version` is what the origin has, as it said just now.
    not_found,  ///< `error`.
    failed,     ///< `error`: nothing was learned.
    pass,       ///< It must not or cannot be kept.
  };
  explicit Visit(std::shared_ptr<Fill> with) : fill(std::move(with)) {}
  void found(std::shared_ptr<Version> current) {
    version = std::move(current);
    hold = Version::Hold(version);
  }

  /// Carries the first bytes, and wakes who waits; the members below are set before it does.
  const std::shared_ptr<Fill> fill;
  Result result = Result::pending;
  std::shared_ptr<Version> version;
  Version::Hold hold;  ///< Until all who waited have it.
  bool revalidated = false;
  bool never_kept = false;  ///< With pass: by anybody's request.
  // With pass: whose request would have it kept, see brings_it().
  bool only_whole = false;
  http::Representation what;
  bool down = true;  ///< With failed: the origin is, rather than that it refuses.
  Error error;
};

/// What is known of one song. Guarded by its mutex, which nobody holds across a wait.
struct Entry {
  explicit Entry(std::string of) : key(std::move(of)) {}

  const std::string key;
  std::mutex mutex;
  bool loaded = false;  ///< The disk was asked for a record.
  std::shared_ptr<Version> version;
  std::shared_ptr<Visit> visit;  ///< The one whose answer holds; none when the song is forgotten.
  Clock::time_point not_found_until{};
  Error not_found;
  Clock::time_point pass_until{};        ///< It is known not to be kept.
  Clock::time_point do_not_ask_until{};  ///< The origin has just failed.
};

/// What is known of a song without asking the origin.
enum class Known : std::uint8_t {
  fresh,      ///< The entry's version is current.
  stale,      ///< The version is past its time, and the origin has just failed.
  not_found,  ///< The entry's error.
  not_kept,   ///< Asking would not have it kept: it is to be had from the origin directly.
  nothing,    ///< The origin is to be asked.
};

struct Moment {
  Clock::time_point time;
  http::HttpTime date;  ///< The same on the calendar.
};

// With the entry's lock held.

/// Of a version that counts no more.
void let_go_of_dead(Entry& entry);
/// `writable`: whether anything can be kept.
Known what_is_known(const Entry& entry, const Policy& policy, bool writable, const Moment& now);
/// Whether the entry's version may serve although the origin does not confirm it.
bool may_serve_stale(const Entry& entry, const Policy& policy, http::HttpTime now);

}  // namespace tonearm::cache
