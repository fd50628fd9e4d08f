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
  /// Bytes of a song in one file. A fill that loses its last reader still fetches to the end of its
  /// slice, but for one that was begun beside another that is slow. Holds for songs that come anew.
  std::uint64_t slice = 1024 * 1024;
  /// Upper bound of the freshness that is guessed from Last-Modified (RFC 9111 §4.2.2).
  std::chrono::seconds fresh{3600};
  /// How long past its freshness an answer serves while the origin is down (RFC 5861 §4).
  std::chrono::seconds stale_if_error{24 * 3600};
  std::chrono::milliseconds negative{10'000};  ///< How long a 404 is believed.
  /// How far a fill runs ahead of its fastest reader; less than 160 KiB counts as that.
  std::uint64_t read_ahead = 2 * 1024 * 1024;
  /// upstream.first_byte_timeout: a request that has waited so long for its first byte asks the
  /// origin no more.
  std::chrono::milliseconds first_byte_timeout{10'000};
  /// stream.release_after. Of a song that is kept only whole and that the disk does not take: how
  /// long a reader who stands still holds up the others.
  std::chrono::milliseconds release_after{30'000};
  /// A fill that has brought nothing for so long, or would need longer to come to where a seek goes
  /// on, is too slow: the seek asks the origin itself.
  std::chrono::milliseconds lively{1'000};
};

/// What the cache takes from [cache].
struct Options : Policy {
  std::string path;  ///< The directory; made when it is not there.
};

}  // namespace tonearm::cache
