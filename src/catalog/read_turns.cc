#include "tonearm/catalog/read_turns.h"

namespace tonearm::catalog {
namespace {

constexpr std::chrono::milliseconds between_looks{5};

}  // namespace

ReadTurns::Turn ReadTurns::begin(const std::function<bool()>& writer_waits,
                                 const std::function<bool()>& may_wait) {
  std::unique_lock lock(mutex_);
  while (reading_ > 0 && writer_waits() && may_wait()) ended_.wait_for(lock, between_looks);
  ++reading_;
  return Turn(*this);
}

void ReadTurns::end() {
  {
    const std::lock_guard lock(mutex_);
    --reading_;
  }
  ended_.notify_all();
}

}  // namespace tonearm::catalog
