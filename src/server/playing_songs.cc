#include "tonearm/server/playing_songs.h"

namespace tonearm::server {

bool PlayingSongs::start(Play& play, const Address& client, std::string_view song,
                         std::size_t most) {
  play.client_ = client_key(client);
  play.song_ = song;
  const std::lock_guard lock(mutex_);
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

PlayingSongs::Play::~Play() {
  if (playing_ == nullptr) return;
  const std::lock_guard lock(playing_->mutex_);
  playing_->plays_.erase(Plays::s_iterator_to(*this));
}

std::size_t PlayingSongs::requests() const {
  const std::lock_guard lock(mutex_);
  return plays_.size();
}

}  // namespace tonearm::server
