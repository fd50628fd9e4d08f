#pragma once

#include "tonearm/io/deadline.h"

#include <cstddef>
#include <optional>

namespace tonearm::server {

/// Whether a client takes bytes while the kernel takes none of us: a socket becomes writable only
/// when much of its queue has gone, which a slow client needs long for, but the queue shrinks with
/// each byte that the client's side took (over TCP its kernel, which makes room in steps of up to
/// its receive buffer). It is looked at eight times in a timeout, so that who takes nothing is
/// given up after the timeout and at most an eighth of it. Pure; one for each connection.
class SendProgress {
 public:
  using Time = io::Clock::time_point;

  /// The kernel takes no more at `now`. When to look.
  Time begin(Time now, io::Clock::duration timeout);
  /// So many bytes are queued at `now`. When to look again; nothing: none of them was taken for the
  /// timeout.
  std::optional<Time> look(Time now, std::size_t queued);

 private:
  io::Clock::duration timeout_{0};
  Time taken_at_;  ///< The look that saw bytes taken last.
  std::size_t queued_ = 0;
};

}  // namespace tonearm::server
