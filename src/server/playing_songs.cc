#include "tonearm/server/playing_songs.h"

namespace tonearm::server {

std::optional<PlayingSongs::Handle> PlayingSongs::start(const Address& address,
                                                        std::string_view song, std::size_t most) {
  const ClientKey key = client_key(address);
  const std::lock_guard lock(mutex_);
  const auto client = clients_.try_emplace(key).first;
  Songs& songs = client->second;
  auto entry = songs.find(song);
  if (entry == songs.end()) {
    if (songs.size() >= most) {
      // cppcheck-suppress oppositeInnerCondition ; both hold for `most` of 0
      if (songs.empty()) clients_.erase(client);
      return std::nullopt;
    }
    entry = songs.emplace(song, 0).first;
  }
  ++entry->second;
  return Handle(*this, client, entry);
}

PlayingSongs::Handle::~Handle() {
  if (playing_ == nullptr) return;
  const std::lock_guard lock(playing_->mutex_);
  if (--song_->second > 0) return;
  client_->second.erase(song_);
  if (client_->second.empty()) playing_->clients_.erase(client_);
}

std::size_t PlayingSongs::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

}  // namespace tonearm::server
