#include "cache/inventory.h"

#include <algorithm>
#include <utility>

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
  const auto known = songs_.find(id.song);
  if (known != songs_.end()) return known->second;
  Song song;
  song.name = id.song;
  song.version = id.version;
  const auto use = uses_.find(VersionRef(id.song, id.version));
  if (use != uses_.end()) song.use = &use->second;
  Song& made = songs_.try_emplace(id.song, std::move(song)).first->second;
  total_ += record_bytes;
  return made;
}

void Inventory::add(const PieceId& id, std::uint64_t bytes, Turn turn, Removals& removals) {
  if (contains_other(id.song, id.version)) {
    take_out_all(songs_.at(id.song), removals);
    removals.back().last = false;  // the record is the new version's
  }
  // What may run out of memory comes first.
  Order item(1, Item{nullptr, id.slice, bytes});
  std::map<std::uint64_t, Order::iterator> piece{{id.slice, item.begin()}};
  Song& song = song_of(id);
  item.front().song = &song;
  song.pieces.merge(piece);
  order_.splice(turn == Turn::first ? order_.begin() : order_.end(), item);
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
  songs_.erase(songs_.find(song.name));
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
  for (std::size_t unseen = order_.size(); total_ + bytes > bound();) {
    const auto victim = next_to_go(unseen, &for_whom);
    if (victim == order_.end()) return false;
    evict(victim, removals);
  }
  return true;
}

/// What may not go now is not in the way the next time.
Inventory::Order::iterator Inventory::next_to_go(std::size_t& unseen, const PieceId* for_whom) {
  for (; unseen > 0; order_.splice(order_.end(), order_, order_.begin())) {
    --unseen;
    const Item& oldest = order_.front();
    const bool asks = for_whom != nullptr && oldest.slice == for_whom->slice &&
                      oldest.song->name == for_whom->song;
    if (!asks && may_go(oldest)) return order_.begin();
  }
  return order_.end();
}

bool Inventory::may_go(const Item& item) {
  const Use* const use = item.song->use;
  if (use == nullptr) return true;
  return use->pins == 0 &&
         std::none_of(use->claims.begin(), use->claims.end(), [&](const auto& claim) {
           return claim.second.first <= item.slice && item.slice < claim.second.end;
         });
}

bool Inventory::evict_surplus(std::size_t most, Removals& removals) {
  for (std::size_t unseen = order_.size(); total_ > bound();) {
    const auto victim = next_to_go(unseen, nullptr);
    if (victim == order_.end()) return true;
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
  if (!of->played) played_.push_back(of);
  of->played = true;
  order_.splice(order_.end(), order_, place.item_);
}

Inventory::Use& Inventory::use_of(const std::string& song, std::uint64_t version) {
  const auto [use, is_new] = uses_.try_emplace(std::pair(song, version));
  if (is_new) tell_of_use(*use, &use->second);
  return use->second;
}

void Inventory::release(Uses::iterator use) {
  if (use->second.pins > 0 || !use->second.claims.empty()) return;
  tell_of_use(*use, nullptr);
  uses_.erase(use);
}

void Inventory::tell_of_use(const Uses::value_type& use, const Use* now) {
  const auto& [name, version] = use.first;
  const auto song = songs_.find(name);
  if (song != songs_.end() && song->second.version == version) song->second.use = now;
}

void Inventory::unpin(const std::string& song, std::uint64_t version) {
  const auto use = uses_.find(VersionRef(song, version));
  if (use == uses_.end() || use->second.pins == 0) return;
  --use->second.pins;
  release(use);
}

void Inventory::claim(const void* who, const std::string& song, std::uint64_t version,
                      std::uint64_t first, std::uint64_t end) {
  if (first < end) {
    use_of(song, version).claims.insert_or_assign(who, Slices{first, end});
    return;
  }
  const auto use = uses_.find(VersionRef(song, version));
  if (use == uses_.end()) return;
  use->second.claims.erase(who);
  release(use);
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
