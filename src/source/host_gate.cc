#include "source/host_gate.h"

#include "tonearm/io/event.h"

#include <algorithm>
#include <list>

namespace tonearm::source {

struct HostGate::Host {
  struct Waiter {
    explicit Waiter(io::Executor executor) : event(executor) {}
    io::Event event;
    bool admitted = false;
  };

  // Invariant: nobody waits while in_use < most. A permit that ends is handed to the first in line
  // without in_use going down, so that nobody can push in between.
  std::size_t in_use = 0;
  std::list<Waiter*> line;

  void leave() {
    if (line.empty()) {
      --in_use;
      return;
    }
    Waiter* next = line.front();
    line.pop_front();
    next->admitted = true;
    next->event.notify();
  }
};

HostGate::Permit::~Permit() {
  if (host_) host_->leave();
}

std::shared_ptr<HostGate::Host> HostGate::host(const std::string& authority) {
  // The catalog decides how many hosts there are; those that nobody uses are forgotten in bulk.
  if (hosts_.size() > 1024) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  auto& host = hosts_[authority];
  if (!host) host = std::make_shared<Host>();
  return host;
}

namespace {

/// Stands in line, and leaves it however the wait ends: admitted, timed out or cancelled.
class PlaceInLine {
 public:
  PlaceInLine(HostGate::Host& host, HostGate::Host::Waiter& waiter) : host_(host), waiter_(waiter) {
    host_.line.push_back(&waiter_);
  }
  ~PlaceInLine() {
    host_.line.remove(&waiter_);
    if (waiter_.admitted && !taken_) host_.leave();
  }
  void take() { taken_ = true; }

 private:
  HostGate::Host& host_;
  HostGate::Host::Waiter& waiter_;
  bool taken_ = false;
};

}  // namespace

io::Task<std::optional<HostGate::Permit>> HostGate::enter(std::string authority,
                                                          io::Clock::time_point deadline) {
  const std::shared_ptr<Host> place = host(authority);
  if (place->in_use < most_) {
    ++place->in_use;
    co_return Permit(place);
  }
  Host::Waiter waiter(executor_);
  PlaceInLine in_line(*place, waiter);
  bool late = false;
  io::Deadline limit(executor_, [&late, &waiter] {
    late = true;
    waiter.event.notify();
  });
  limit.expire_at(deadline);
  co_await waiter.event.wait();
  if (!waiter.admitted) co_return std::nullopt;
  in_line.take();
  co_return Permit(place);
}

}  // namespace tonearm::source
