#include "cache/inventory.h"

#include <algorithm>

namespace tonearm::cache {

const Inventory::Song* Inventory::find_version(const std::string& song,
                                               std::uint64_t version) const {
  const auto found = songs_.find(song);
  return found != songs_.end() && found->second.version == version ? &found->second : nullptr;
}

Inventory::Order::iterator Inventory::place_of(const std::string& song, std::uint64_t version,
                                               std::uint64_t slice) {
  const Song* const known = find_version(song, version);
  if (known == nullptr) return order_.end();
  const auto piece = known->pieces.find(slice);
  return piece == known->pieces.end() ? order_.end() : piece->second;
}

bool Inventory::contains(const PieceId& id) const {
  const Song* const known = find_version(id.song, id.version);
  return known != nullptr && known->pieces.contains(id.slice);
}

bool Inventory::contains_other(const std::string& song, std::uint64_t version) const {
  return contains_song(song) && find_version(song, version) == nullptr;
}

std::uint64_t Inventory::count(const std::string& song, std::uint64_t version) const {
  const Song* const known = find_version(song, version);
  return known == nullptr ? 0 : known->pieces.size();
}

std::optional<std::uint64_t> Inventory::next(const std::string& song, std::uint64_t version,
                                             std::uint64_t from) const {
  const Song* const known = find_version(song, version);
  if (known == nullptr) return std::nullopt;
  const auto piece = known->pieces.lower_bound(from);
  if (piece == known->pieces.end()) return std::nullopt;
  return piece->first;
}

Inventory::Song& Inventory::song_of(const PieceId& id) {
  const auto [found, is_new] = songs_.try_emplace(id.song);
  Song& song = found->second;
  if (is_new) {
    song.name = id.song;
    song.version = id.version;
    total_ += record_bytes;
  }
  return song;
}

void Inventory::add(const PieceId& id, std::uint64_t bytes, Turn turn, Removals& removals) {
  if (contains_other(id.song, id.version)) {
    take_out_all(songs_.at(id.song), removals);
    removals.back().last = false;  // the record is the new version's
  }
  Song& song = song_of(id);
  const auto place = order_.insert(turn == Turn::first ? order_.begin() : order_.end(),
                                   Item{&song, id.slice, bytes});
  song.pieces.emplace(id.slice, place);
  total_ += bytes;
}

bool Inventory::grow(const PieceId& id, std::uint64_t bytes) {
  const auto item = place_of(id.song, id.version, id.slice);
  if (item == order_.end()) return false;
  item->bytes += bytes;
  total_ += bytes;
  return true;
}

void Inventory::shrink(const PieceId& id, std::uint64_t bytes) {
  const auto item = place_of(id.song, id.version, id.slice);
  if (item == order_.end()) return;
  const std::uint64_t less = std::min(bytes, item->bytes);  // it may be another one by now
  item->bytes -= less;
  total_ -= less;
}

void Inventory::remove(const PieceId& id, Removals& removals) {
  const auto item = place_of(id.song, id.version, id.slice);
  if (item != order_.end()) take_out(item, removals);
}

void Inventory::remove_version(const std::string& song, std::uint64_t version, Removals& removals) {
  if (find_version(song, version) != nullptr) take_out_all(songs_.at(song), removals);
}

void Inventory::remove_song(const std::string& song, Removals& removals) {
  if (contains_song(song)) take_out_all(songs_.at(song), removals);
}

void Inventory::remove_all(Removals& removals) {
  while (!order_.empty()) take_out(order_.begin(), removals);
}

void Inventory::take_out(Order::iterator item, Removals& removals) {
  Song& song = *item->song;
  removals.push_back({PieceId{song.name, song.version, item->slice}, false, item->bytes, false});
  total_ -= item->bytes;
  ++removals_;
  song.pieces.erase(item->slice);
  order_.erase(item);
  if (!song.pieces.empty()) return;
  removals.back().last = true;
  total_ -= record_bytes;
  if (song.played) std::erase(played_, &song);
  songs_.erase(std::string(song.name));
}

void Inventory::take_out_all(Song& song, Removals& removals) {
  for (std::size_t left = song.pieces.size(); left > 0; --left) {
    take_out(song.pieces.begin()->second, removals);
  }
}

void Inventory::put_back(const Removal& removal) {
  const PieceId& id = removal.id;
  if (contains(id) || contains_other(id.song, id.version)) return;
  Removals none;
  add(id, removal.bytes, Turn::first, none);
  if (removal.evicted) --evictions_;
}

/// What a disk that was full is not filled up to: others write, too, and what is there takes more
/// than is counted.
std::uint64_t Inventory::reserve() const {
  constexpr std::uint64_t least = 1024 * 1024;
  return std::max(total_ / 64, least);
}

void Inventory::note_full() { fits_ = total_ - std::min(total_, reserve()); }

void Inventory::note_free(std::uint64_t bytes) {
  if (!is_disk_full()) return;
  const std::uint64_t all = total_ + bytes;
  const std::uint64_t fits = all - std::min(all, reserve());
  // What has just been evicted to leave the reserve is nothing that came free.
  if (fits > fits_ + reserve()) fits_ = fits;
}

bool Inventory::make_room(std::uint64_t bytes, const PieceId& for_whom, Removals& removals) {
  if (bytes > bound()) return false;
  auto oldest = order_.begin();
  while (total_ + bytes > bound()) {
    if (oldest == order_.end()) return false;
    const auto victim = oldest++;
    if (victim->song->name == for_whom.song && victim->slice == for_whom.slice) continue;
    if (may_go(*victim)) evict(victim, removals);
  }
  return true;
}

bool Inventory::evict_surplus(std::size_t most, Removals& removals) {
  for (auto oldest = order_.begin(); total_ > bound() && oldest != order_.end();) {
    const auto victim = oldest++;
    if (!may_go(*victim)) continue;
    if (most-- == 0) return false;
    evict(victim, removals);
  }
  return true;
}

void Inventory::evict(Order::iterator item, Removals& removals) {
  take_out(item, removals);
  removals.back().evicted = true;
  ++evictions_;
}

void Inventory::touch(Place& place, const std::string& song, std::uint64_t version,
                      std::uint64_t slice) {
  if (place.removals_ != removals_) {
    const auto item = place_of(song, version, slice);
    if (item == order_.end()) return;
    place.item_ = item;
    place.removals_ = removals_;
  }
  Song* const of = place.item_->song;
  if (!std::exchange(of->played, true)) played_.push_back(of);
  order_.splice(order_.end(), order_, place.item_);
}

void Inventory::unpin(const std::string& song, std::uint64_t version) {
  const auto pinned = pinned_.find({song, version});
  if (pinned != pinned_.end() && --pinned->second == 0) pinned_.erase(pinned);
}

void Inventory::claim(const void* who, const std::string& song, std::uint64_t version,
                      std::uint64_t first, std::uint64_t end) {
  const auto of_version = claims_.try_emplace({song, version}).first;
  if (first < end) {
    of_version->second.insert_or_assign(who, Slices{first, end});
    return;
  }
  of_version->second.erase(who);
  if (of_version->second.empty()) claims_.erase(of_version);
}

bool Inventory::is_claimed(const Item& item) const {
  const auto claims = claims_.find({item.song->name, item.song->version});
  if (claims == claims_.end()) return false;
  return std::any_of(claims->second.begin(), claims->second.end(), [&](const auto& claim) {
    return claim.second.first <= item.slice && item.slice < claim.second.end;
  });
}

std::vector<std::string> Inventory::take_played() {
  std::vector<std::string> played;
  played.reserve(played_.size());
  for (Song* const song : played_) {
    song->played = false;
    played.push_back(song->name);
  }
  played_.clear();
  return played;
}

}  // namespace tonearm::cache
