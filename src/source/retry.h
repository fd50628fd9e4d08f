#pragma once

#include "tonearm/base/error.h"

#include <chrono>
#include <optional>

namespace tonearm::source {

/// Whether the same question may be answered a moment later: failed and broken connections, and the
/// statuses that judge_answer() calls `retry`.
bool is_retryable(ErrorKind kind);

/// The same in mid-body, where nobody waits for a head: an answer that does not come, and a turn
/// that does not come, may come the next time, and so may what has been there and is refused now.
bool is_retryable_in_mid_body(ErrorKind kind);

/// upstream.retries: 100 ms, 200 ms, 400 ms, … between attempts, counted from the last progress.
class RetryBudget {
 public:
  explicit RetryBudget(unsigned retries) : retries_(retries) {}

  /// How long to wait before the next attempt: at least `asked` (the origin's Retry-After). Empty
  /// when the budget is used up.
  std::optional<std::chrono::milliseconds> next(std::optional<std::chrono::seconds> asked);
  /// Bytes came: the count starts anew.
  void progress() { used_ = 0; }

 private:
  unsigned retries_;
  unsigned used_ = 0;
};

}  // namespace tonearm::source
