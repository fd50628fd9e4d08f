#pragma once

#include "tonearm/io/deadline.h"

#include <cstdint>

namespace tonearm::server {

/// How many bytes may lie unsent in the kernel for one client (TCP_NOTSENT_LOWAT): what it takes in
/// 10 ms. So a slow listener costs no memory that it does not need, and a fast one neither waits
/// for this process nor wakes it for every small burst. Pure; one for each connection.
class UnsentLimit {
 public:
  static constexpr int least = 64 * 1024;
  static constexpr int most = 4 * 1024 * 1024;

  int bytes() const { return bytes_; }

  /// The kernel took so many.
  void on_sent(std::uint64_t bytes) { sent_ += bytes; }
  /// It takes no more: what was sent since this was so last is what the client took meanwhile.
  /// Grows to the double at most, lest a burst into the client's own buffers count for speed.
  void on_full(io::Clock::time_point now);

 private:
  int bytes_ = least;
  std::uint64_t sent_ = 0;  ///< Since `full_at_`.
  io::Clock::time_point full_at_;
};

}  // namespace tonearm::server
