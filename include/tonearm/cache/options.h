#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tonearm::cache {

/// What may change while the cache runs. Sizes are bytes.
struct Policy {
  /// What the pieces in the directory may take with a page for each song's record; files of others
  /// do not count.
  std::uint64_t size = 10ULL * 1024 * 1024 * 1024;
  /// What is kept in one file, and what a fill that nobody reads ends with. Of new songs.
  std::uint64_t slice = 1024 * 1024;
  /// Upper bound of the freshness that is guessed from Last-Modified (RFC 9111 §4.2.2).
  std::chrono::seconds fresh{3600};
  /// How long past its freshness an answer serves while the origin is down (RFC 5861 §4).
  std::chrono::seconds stale_if_error{24 * 3600};
  std::chrono::milliseconds negative{10'000};  ///< How long a 404 is believed.
  /// How far a fill runs ahead of its fastest reader; less than 160 KiB counts as that.
  std::uint64_t read_ahead = 2 * 1024 * 1024;
  /// That of the origin: a request that has waited so long for its first byte asks no more.
  std::chrono::milliseconds first_byte_timeout{10'000};
  /// How long one who has stopped to read holds up others, where nothing can be written and what
  /// comes comes only once. That of the origin's connections.
  std::chrono::milliseconds release_after{30'000};
  /// Within which the one answer that others may read along has brought something, and how long a
  /// seek waits for what lies before it.
  std::chrono::milliseconds lively{1'000};
};

/// What the cache takes from [cache].
struct Options : Policy {
  std::string path;  ///< The directory; made when it is not there.
};

}  // namespace tonearm::cache
