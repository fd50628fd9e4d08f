#include "source/host_connections.h"

#include <algorithm>
#include <utility>

namespace tonearm::source {

/// A connection that nobody uses. When it becomes readable, it has ended, or says what nobody has
/// asked for.
class HostConnections::Idle final : public OriginConnection::User {
 public:
  Idle(HostConnections& host, std::unique_ptr<OriginConnection> connection)
      : host_(host),
        connection_(std::move(connection)),
        place_(host.all_idle_->add({&host, this})) {
    connection_->set_user(this);
    // The next request finds this wait pending, so that it costs nothing.
    connection_->wait_readable();
  }
  ~Idle() override { host_.all_idle_->order_.erase(place_); }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  bool is_fit(const Wish& wish) const {
    return connection_->is_tls() == wish.tls &&
           (wish.private_allowed || !connection_->is_private()) && connection_->is_quiet();
  }
  io::Clock::time_point since() const { return since_; }
  std::unique_ptr<OriginConnection> take() {
    connection_->set_user(nullptr);
    return std::move(connection_);
  }

  void on_readable() override {
    // Of TLS, that may be its own business.
    if (connection_->is_quiet()) return connection_->wait_readable();
    host_.close(*this);
  }

 private:
  HostConnections& host_;
  std::unique_ptr<OriginConnection> connection_;
  const io::Clock::time_point since_ = io::Clock::now();
  const IdleConnections::Order::iterator place_;
};

IdleConnections::IdleConnections(io::Executor loop, std::size_t most,
                                 std::chrono::milliseconds longest)
    : most_(most), longest_(longest), overdue_(loop, [this] { close_overdue(); }) {}

IdleConnections::Order::iterator IdleConnections::add(Place place) {
  if (order_.size() >= most_) close_oldest();
  if (order_.empty()) overdue_.expire_after(longest_);
  order_.push_back(place);
  return std::prev(order_.end());
}

void IdleConnections::close_oldest() {
  const Place oldest = order_.front();
  oldest.host->close(*oldest.connection);
}

void IdleConnections::close_overdue() {
  const auto before = io::Clock::now() - longest_;
  while (!order_.empty() && order_.front().connection->since() <= before) close_oldest();
  if (!order_.empty()) overdue_.expire_at(order_.front().connection->since() + longest_);
}

HostConnections::HostConnections(io::Executor loop, std::shared_ptr<ConnectionLimit::Host> limit,
                                 std::shared_ptr<IdleConnections> idle)
    : loop_(loop), limit_(std::move(limit)), all_idle_(std::move(idle)) {}

std::shared_ptr<HostConnections> HostConnections::make(io::Executor loop,
                                                       std::shared_ptr<ConnectionLimit::Host> limit,
                                                       std::shared_ptr<IdleConnections> idle) {
  std::shared_ptr<HostConnections> made(
      new HostConnections(loop, std::move(limit), std::move(idle)));
  made->limit_->join(made);
  return made;
}

HostConnections::~HostConnections() { limit_->part(*this); }

std::optional<HostConnections::Slot> HostConnections::try_enter() {
  if (!spare_.empty()) {
    std::optional<Slot> slot(std::in_place, shared_from_this(), std::move(spare_.back()));
    spare_.pop_back();
    return slot;
  }
  std::optional<ConnectionLimit::Host::Slot> slot = limit_->try_enter();
  if (!slot) return std::nullopt;
  return std::optional<Slot>(std::in_place, shared_from_this(), std::move(*slot));
}

io::Task<std::optional<HostConnections::Slot>> HostConnections::enter(
    io::Clock::time_point deadline) {
  const auto self = shared_from_this();
  std::optional<ConnectionLimit::Host::Slot> slot = co_await limit_->enter(self, deadline);
  if (!slot) co_return std::nullopt;
  co_return std::optional<Slot>(std::in_place, self, std::move(*slot));
}

std::unique_ptr<OriginConnection> HostConnections::take(Wish wish) {
  std::unique_ptr<OriginConnection> taken;
  while (!taken && !idle_.empty()) {
    const std::unique_ptr<Idle> last = std::move(idle_.back());
    idle_.pop_back();
    if (last->is_fit(wish)) taken = last->take();
  }
  drop_spare_slots();
  return taken;
}

void HostConnections::keep(std::unique_ptr<OriginConnection> connection) {
  auto idle = std::make_unique<Idle>(*this, std::move(connection));
  idle_.push_back(std::move(idle));
}

void HostConnections::close_idle() {
  idle_.clear();
  spare_.clear();
}

void HostConnections::close(const Idle& idle) {
  std::erase_if(idle_, [&](const auto& one) { return one.get() == &idle; });
  drop_spare_slots();
}

void HostConnections::drop_spare_slots() {
  while (spare_.size() > idle_.size()) spare_.pop_back();
}

void HostConnections::make_room() {
  while (limit_->wants(*this) && !spare_.empty()) {
    close_oldest();
    spare_.pop_back();
  }
}

void HostConnections::take_back(ConnectionLimit::Host::Slot slot) {
  using Judged = ConnectionLimit::Host::Idle;
  if (idle_.size() == spare_.size()) return;  // its connection is closed
  switch (limit_->judge_idle(*this)) {
    case Judged::keep:
      spare_.push_back(std::move(slot));
      break;
    case Judged::hand_on:
      break;
    case Judged::close:
      close_oldest();
      break;
  }
}

void HostConnections::close_oldest() { idle_.erase(idle_.begin()); }

}  // namespace tonearm::source
