#include "tonearm/server/playing_songs.h"

#include "tonearm/io/event.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>

namespace tonearm::server {

/// Stands in line, and leaves it however the wait ends: admitted, timed out or cancelled.
class PlayingSongs::PlaceInLine {
 public:
  PlaceInLine(PlayingSongs& playing, Play& play, std::size_t most, io::Executor loop)
      : playing_(playing),
        play_(play),
        most_(most),
        loop_(loop),
        turn_(std::make_shared<io::Event>(loop)) {
    const std::lock_guard lock(playing_.mutex_);
    if (try_to_start()) {
      turn_->notify();
    } else {
      here_ = playing_.line_.emplace(play_.client_, this);
    }
  }
  ~PlaceInLine() {
    const std::lock_guard lock(playing_.mutex_);
    leave();
  }
  PlaceInLine(const PlaceInLine&) = delete;
  PlaceInLine& operator=(const PlaceInLine&) = delete;

  const std::shared_ptr<io::Event>& turn() const { return turn_; }

  /// Whether it was admitted. Else it looks once more: another request for its song may have begun.
  bool take() {
    const std::lock_guard lock(playing_.mutex_);
    return started_ || try_to_start();
  }

  /// With the lock held: a waiter leaves the line before its loop ends, and needs the lock for it.
  bool admit() {
    if (!try_to_start()) return false;
    leave();
    io::asio::post(loop_, [turn = turn_] { turn->notify(); });
    return true;
  }

 private:
  // With the lock held.
  bool try_to_start() { return started_ = playing_.try_to_start(play_, most_); }
  void leave() {
    if (here_ != playing_.line_.end()) playing_.line_.erase(here_);
    here_ = playing_.line_.end();
  }

  PlayingSongs& playing_;
  Play& play_;
  const std::size_t most_;
  const io::Executor loop_;
  const std::shared_ptr<io::Event> turn_;  ///< Only on that loop; a late post may outlive the wait.
  Line::iterator here_ = playing_.line_.end();
  bool started_ = false;
};

bool PlayingSongs::start(Play& play, const Address& client, std::string_view song,
                         std::size_t most) {
  play.client_ = client_key(client);
  play.song_ = song;
  const std::lock_guard lock(mutex_);
  return try_to_start(play, most);
}

io::Task<bool> PlayingSongs::start_soon(Play& play, std::size_t most,
                                        io::Clock::time_point deadline) {
  const io::Executor loop = co_await io::asio::this_coro::executor;
  PlaceInLine in_line(*this, play, most, loop);
  io::Deadline limit(loop, [turn = in_line.turn()] { turn->notify(); });
  limit.expire_at(deadline);
  co_await in_line.turn()->wait();
  co_return in_line.take();
}

bool PlayingSongs::try_to_start(Play& play, std::size_t most) {
  if (most > 0 && is_one_too_many(play, most)) return false;
  plays_.insert(play);
  play.playing_ = this;
  return true;
}

bool PlayingSongs::is_one_too_many(const Play& play, std::size_t most) const {
  if (plays_.find(play) != plays_.end()) return false;
  Play at;
  at.client_ = play.client_;
  std::size_t songs = 0;
  auto next = plays_.lower_bound(at);
  while (next != plays_.end() && next->client_ == play.client_) {
    if (++songs >= most) return true;
    next = plays_.upper_bound(*next);
  }
  return false;
}

/// Only as far as one who has to wait on: a client that begins and ends songs all the time must not
/// have all its waiters looked through each time.
void PlayingSongs::admit(const ClientKey& client) {
  auto next = line_.lower_bound(client);
  while (next != line_.end() && next->first == client) {
    PlaceInLine& first = *next++->second;
    if (!first.admit()) return;
  }
}

PlayingSongs::Play::~Play() {
  if (playing_ == nullptr) return;
  const std::lock_guard lock(playing_->mutex_);
  playing_->plays_.erase(Plays::s_iterator_to(*this));
  playing_->admit(client_);
}

std::size_t PlayingSongs::requests() const {
  const std::lock_guard lock(mutex_);
  return plays_.size();
}

std::size_t PlayingSongs::waiting() const {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

}  // namespace tonearm::server
