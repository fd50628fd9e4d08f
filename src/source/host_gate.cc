#include "source/host_gate.h"

#include "tonearm/io/event.h"

#include <algorithm>
#include <deque>
#include <list>
#include <utility>

namespace tonearm::source {
namespace {

/// An origin that hangs lets go of all at the same moment. Who waited for a connection as long as
/// those had one gets it when his own time is over, and could only be asked for nothing.
constexpr std::chrono::milliseconds of_no_use{10};

}  // namespace

/// One request on its way to an answer.
struct HostGate::Permit::Approach {
  io::Clock::time_point since = io::Clock::now();
  bool connected = false;
  bool over = false;
};

struct HostGate::Host {
  using Approach = Permit::Approach;

  struct Waiter {
    explicit Waiter(io::Executor executor) : event(executor) {}
    io::Event event;
    std::shared_ptr<Approach> admitted;
  };

  Host(io::Executor executor, std::shared_ptr<ConnectionLimit::Host> limit,
       std::shared_ptr<IdleConnections> idle)
      : connections(HostConnections::make(executor, std::move(limit), std::move(idle))),
        patience_over(executor, [this] { lose_patience(); }) {}

  const std::shared_ptr<HostConnections> connections;
  // Invariant: nobody waits while there is room, so that whoever comes next cannot push in.
  std::size_t approaching = 0;
  double burst = first_burst;
  std::optional<io::Clock::time_point> shrunk;
  io::Clock::time_point last{};  ///< When one set out.
  std::list<Waiter*> line;
  std::deque<std::shared_ptr<Approach>> approaches;  ///< In the order of their start.
  io::Deadline patience_over;

  bool has_room() const { return static_cast<double>(approaching) < burst; }

  std::shared_ptr<Approach> take_room() {
    ++approaching;
    auto approach = std::make_shared<Approach>();
    if (approaches.empty()) patience_over.expire_at(approach->since + patience);
    if (approach->since - last > rest) burst = std::min<double>(burst, safe_burst);
    last = approach->since;
    approaches.push_back(approach);
    return approach;
  }

  void end_approach(Approach& approach) {
    if (std::exchange(approach.over, true)) return;
    --approaching;
    while (!approaches.empty() && approaches.front()->over) approaches.pop_front();
  }

  void lose_patience() {
    const auto before = io::Clock::now() - patience;
    while (!approaches.empty() && approaches.front()->since <= before) {
      const std::shared_ptr<Approach> slow = approaches.front();
      if (slow->connected) burst += shrunk ? 1 / burst : 1;
      end_approach(*slow);
    }
    if (!approaches.empty()) patience_over.expire_at(approaches.front()->since + patience);
    admit();
  }

  void judge(std::chrono::microseconds connecting) {
    const auto now = io::Clock::now();
    if (connecting < dropped) {
      burst += burst < safe_burst ? 1 : 1 / burst;
    } else if (!shrunk || now - *shrunk > dropped) {
      shrunk = now;
      burst = std::max<double>(least_burst, burst / 2);
    }
  }

  void admit() {
    while (!line.empty() && has_room()) {
      Waiter* next = line.front();
      line.pop_front();
      next->admitted = take_room();
      next->event.notify();
    }
  }

  void leave(Approach& approach) {
    end_approach(approach);
    admit();
  }
};

HostGate::Permit::Permit(HostConnections::Slot slot, std::shared_ptr<Host> host,
                         std::shared_ptr<Approach> approach)
    : slot_(std::move(slot)), host_(std::move(host)), approach_(std::move(approach)) {}

HostGate::Permit::~Permit() {
  if (host_) host_->leave(*approach_);
}

void HostGate::Permit::connected() { approach_->connected = true; }

void HostGate::Permit::answered(std::chrono::microseconds connecting) {
  host_->judge(connecting);
  host_->end_approach(*approach_);
  host_->admit();
}

std::unique_ptr<OriginConnection> HostGate::Permit::take_connection(HostConnections::Wish wish) {
  return host_->connections->take(wish);
}

void HostGate::Permit::keep(std::unique_ptr<OriginConnection> connection) {
  host_->connections->keep(std::move(connection));
}

HostGate::HostGate(io::Executor executor, std::shared_ptr<ConnectionLimit> limit,
                   std::size_t most_idle)
    : executor_(executor),
      limit_(std::move(limit)),
      idle_(std::make_shared<IdleConnections>(executor, most_idle)) {}

HostGate::~HostGate() {
  for (const auto& [authority, host] : hosts_) host->connections->close_idle();
}

std::shared_ptr<HostGate::Host> HostGate::host(const std::string& authority) {
  // The catalog decides how many hosts there are; those that nobody uses and that have no open
  // connection are forgotten in bulk.
  if (hosts_.size() > 1024) {
    std::erase_if(hosts_, [](const auto& entry) {
      return entry.second.use_count() == 1 && !entry.second->connections->has_idle();
    });
  }
  auto& host = hosts_[authority];
  if (!host) host = std::make_shared<Host>(executor_, limit_->host(authority), idle_);
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
    if (waiter_.admitted) host_.leave(*waiter_.admitted);
  }
  std::shared_ptr<HostGate::Permit::Approach> take() { return std::move(waiter_.admitted); }

 private:
  HostGate::Host& host_;
  HostGate::Host::Waiter& waiter_;
};

}  // namespace

io::Task<std::optional<HostGate::Permit>> HostGate::enter(std::string authority,
                                                          io::Clock::time_point deadline) {
  const std::shared_ptr<Host> place = host(authority);
  std::optional<HostConnections::Slot> slot = place->connections->try_enter();
  if (!slot) {
    auto turn = co_await place->connections->enter(deadline);
    if (!turn || io::Clock::now() + of_no_use >= deadline) co_return std::nullopt;
    slot.emplace(std::move(*turn));
  }
  std::shared_ptr<Permit::Approach> approach;
  if (place->has_room()) {
    approach = place->take_room();
  } else {
    approach = co_await pass(place, executor_, deadline);
  }
  if (!approach) co_return std::nullopt;
  co_return Permit(std::move(*slot), place, std::move(approach));
}

/// Waits for room in the burst; null when `deadline` came first.
io::Task<std::shared_ptr<HostGate::Permit::Approach>> HostGate::pass(
    std::shared_ptr<Host> place, io::Executor executor, io::Clock::time_point deadline) {
  Host::Waiter waiter(executor);
  PlaceInLine in_line(*place, waiter);
  io::Deadline limit(executor, [&waiter] { waiter.event.notify(); });
  limit.expire_at(deadline);
  co_await waiter.event.wait();
  co_return in_line.take();
}

}  // namespace tonearm::source
