#pragma once

#include "cache/geometry.h"
#include "cache/piece_format.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tonearm::cache {

/// What lies in the cache directory, how much it takes there and who goes first: the map of it,
/// which knows no file. A song is there in one version at a time, and while a piece of it is. Not
/// thread-safe.
class Inventory {
  struct Song;
  struct Item {
    Song* song;
    std::uint64_t slice;
    std::uint64_t bytes;
  };
  using Order = std::list<Item>;

 public:
  static constexpr std::uint64_t record_bytes = page_size;

  /// A piece that is in the inventory no more, and is to go from the disk.
  struct Removal {
    PieceId id;
    bool last = false;  ///< The song is gone with it.
    std::uint64_t bytes = 0;
    bool evicted = false;
  };
  using Removals = std::vector<Removal>;

  struct Totals {
    std::uint64_t songs = 0;
    std::uint64_t pieces = 0;
    std::uint64_t bytes = 0;  ///< Of the pieces and of a record for each song.
    std::uint64_t evictions = 0;
  };

  /// Where a piece was found, for whoever touches it often: good until a piece goes.
  class Place {
    friend Inventory;
    Order::iterator item_;
    std::uint64_t removals_ = std::numeric_limits<std::uint64_t>::max();
  };

  /// Whose turn a piece is in when there is no room.
  enum class Turn : std::uint8_t { last, first };

  /// `size`: how many bytes may be there.
  explicit Inventory(std::uint64_t size) : size_(size) {}

  bool contains(const PieceId& id) const;
  bool contains_song(const std::string& song) const { return songs_.contains(song); }
  /// Whether another version of the song is there.
  bool contains_other(const std::string& song, std::uint64_t version) const;
  /// How many pieces of this version are there.
  std::uint64_t count(const std::string& song, std::uint64_t version) const;
  /// The first slice at or behind `from` of which a piece is there.
  std::optional<std::uint64_t> next(const std::string& song, std::uint64_t version,
                                    std::uint64_t from) const;
  Totals totals() const { return {songs_.size(), order_.size(), total_, evictions_}; }
  std::uint64_t size() const { return size_; }

  /// A piece that is not there. What is there of another version of the song goes.
  void add(const PieceId& id, std::uint64_t bytes, Turn turn, Removals& removals);
  /// False when it is not there.
  bool grow(const PieceId& id, std::uint64_t bytes);
  /// No more than it has grown.
  void shrink(const PieceId& id, std::uint64_t bytes);
  void remove(const PieceId& id, Removals& removals);
  void remove_version(const std::string& song, std::uint64_t version, Removals& removals);
  /// Of whichever version.
  void remove_song(const std::string& song, Removals& removals);
  void remove_all(Removals& removals);
  /// It could not be removed from the disk: it counts, and is the first to go.
  void put_back(const Removal& removal);

  /// The disk takes no more, although there is less than `size`: until something else is known,
  /// what is there now is as much as fits, and a reserve is left. Takes effect with the next
  /// make_room.
  void note_full();
  /// After that: the disk has so many bytes free.
  void note_free(std::uint64_t bytes);
  /// Whether it is the disk that bounds what is there.
  bool is_disk_full() const { return fits_ < size_; }

  /// So that `bytes` more fit, what was played longest ago goes, but not the piece `for_whom`, nor
  /// what is pinned or claimed: whose turn that would be is played now. False when that is not
  /// enough; what has gone is gone.
  bool make_room(std::uint64_t bytes, const PieceId& for_whom, Removals& removals);
  /// What is more than may be there goes in the same order, at most so many pieces of it. False: to
  /// be called again.
  bool evict_surplus(std::size_t most, Removals& removals);
  /// Takes effect with the next make_room.
  void resize(std::uint64_t size) { size_ = size; }

  /// It is being played now. `place`: where it was found the last time, if it ever was.
  void touch(Place& place, const std::string& song, std::uint64_t version, std::uint64_t slice);
  /// While it is pinned, as often as it was, nothing of a version makes room.
  void pin(const std::string& song, std::uint64_t version) { ++use_of(song, version).pins; }
  void unpin(const std::string& song, std::uint64_t version);
  /// The slices [first, end) of a version are about to be read: they make no room until `who`
  /// claims others, or none.
  void claim(const void* who, const std::string& song, std::uint64_t version, std::uint64_t first,
             std::uint64_t end);
  /// The songs that were touched since this was asked last.
  std::vector<std::string> take_played();

 private:
  struct Slices {
    std::uint64_t first;
    std::uint64_t end;
  };
  /// Of a version, whether or not a piece of it is there.
  struct Use {
    unsigned pins = 0;
    std::map<const void*, Slices> claims;
  };
  /// Found without a copy of the name: what gives back must not run out of memory.
  using VersionRef = std::pair<std::string_view, std::uint64_t>;
  struct InOrder {
    using is_transparent = void;
    bool operator()(const VersionRef& a, const VersionRef& b) const { return a < b; }
  };
  using Uses = std::map<std::pair<std::string, std::uint64_t>, Use, InOrder>;
  struct Song {
    std::string name;
    std::uint64_t version = 0;
    const Use* use = nullptr;
    std::map<std::uint64_t, Order::iterator> pieces;
    bool played = false;
  };

  const Song* find_version(const std::string& song, std::uint64_t version) const;
  /// order_.end() when it is not there.
  Order::iterator place_of(const std::string& song, std::uint64_t version, std::uint64_t slice);
  Song& song_of(const PieceId& id);
  void take_out(Order::iterator item, Removals& removals);
  void evict(Order::iterator item, Removals& removals);
  void take_out_all(Song& song, Removals& removals);
  static bool may_go(const Item& item);
  Order::iterator next_to_go(std::size_t& unseen, const PieceId* for_whom);
  Use& use_of(const std::string& song, std::uint64_t version);
  void release(Uses::iterator use);
  void tell_of_use(const Uses::value_type& use, const Use* now);
  std::uint64_t bound() const { return std::min(size_, fits_); }
  std::uint64_t reserve() const;

  // Front: played longest ago. Every item belongs to exactly one song's `pieces`, no song is
  // without any, and total_ is the sum of all items and of record_bytes for each song.
  Order order_;
  std::unordered_map<std::string, Song> songs_;
  std::vector<Song*> played_;  ///< Those that say so of themselves.
  Uses uses_;                  ///< None without a pin or a claim; a Song points to its own.
  std::uint64_t size_;
  std::uint64_t fits_ = std::numeric_limits<std::uint64_t>::max();  ///< On the disk.
  std::uint64_t total_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t removals_ = 0;
};

}  // namespace tonearm::cache
