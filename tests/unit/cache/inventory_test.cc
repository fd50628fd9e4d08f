#include "cache/inventory.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tonearm::cache {
namespace {

using Turn = Inventory::Turn;

constexpr std::uint64_t record = Inventory::record_bytes;

class InventoryTest : public testing::Test {
 protected:
  Inventory& add(const PieceId& id, std::uint64_t bytes, Turn turn = Turn::last) {
    inventory_.add(id, bytes, turn, removals_);
    return inventory_;
  }
  /// The removals since this was asked last, each as "SONG/VERSION/SLICE", '!' behind a song's
  /// last.
  std::vector<std::string> gone() {
    std::vector<std::string> names;
    for (const auto& [id, last, bytes, evicted] : std::exchange(removals_, {})) {
      std::string name = id.song + '/' + std::to_string(id.version);
      name += '/' + std::to_string(id.slice);
      names.push_back(last ? name + '!' : name);
    }
    return names;
  }
  void touch(const PieceId& id) {
    Inventory::Place place;
    inventory_.touch(place, id.song, id.version, id.slice);
  }
  bool make_room(std::uint64_t bytes, const PieceId& for_whom = {}) {
    return inventory_.make_room(bytes, for_whom, removals_);
  }

  Inventory inventory_{100'000};
  Inventory::Removals removals_;
};

using Gone = std::vector<std::string>;

TEST_F(InventoryTest, CountsPiecesAndARecordForEachSong) {
  add({"a", 1, 0}, 1000);
  add({"a", 1, 3}, 200);
  add({"b", 1, 0}, 30);
  EXPECT_EQ(inventory_.totals().songs, 2U);
  EXPECT_EQ(inventory_.totals().pieces, 3U);
  EXPECT_EQ(inventory_.totals().bytes, 1230 + 2 * record);
  EXPECT_TRUE(inventory_.grow({"a", 1, 3}, 7));
  EXPECT_FALSE(inventory_.grow({"a", 1, 4}, 7));
  EXPECT_EQ(inventory_.totals().bytes, 1237 + 2 * record);

  inventory_.shrink({"a", 1, 3}, 7);
  inventory_.shrink({"a", 1, 4}, 7);
  EXPECT_EQ(inventory_.totals().bytes, 1230 + 2 * record);

  inventory_.remove({"a", 1, 0}, removals_);
  inventory_.remove({"a", 1, 0}, removals_);
  EXPECT_EQ(gone(), (Gone{"a/1/0"}));
  inventory_.remove_all(removals_);
  EXPECT_EQ(gone(), (Gone{"a/1/3!", "b/1/0!"}));
  EXPECT_EQ(inventory_.totals().bytes, 0U);
  EXPECT_EQ(inventory_.totals().songs, 0U);
}

TEST_F(InventoryTest, KnowsOneVersionOfASong) {
  add({"a", 1, 2}, 10);
  add({"a", 1, 5}, 10);
  EXPECT_TRUE(inventory_.contains({"a", 1, 2}));
  EXPECT_FALSE(inventory_.contains({"a", 2, 2}));
  EXPECT_TRUE(inventory_.contains_other("a", 2));
  EXPECT_FALSE(inventory_.contains_other("a", 1));
  EXPECT_FALSE(inventory_.contains_other("b", 1));
  EXPECT_EQ(inventory_.count("a", 1), 2U);
  EXPECT_EQ(inventory_.count("a", 2), 0U);
  EXPECT_EQ(inventory_.next("a", 1, 0), 2U);
  EXPECT_EQ(inventory_.next("a", 1, 3), 5U);
  EXPECT_EQ(inventory_.next("a", 1, 6), std::nullopt);
  EXPECT_EQ(inventory_.next("a", 2, 0), std::nullopt);

  inventory_.remove_version("a", 2, removals_);
  EXPECT_EQ(gone(), Gone{});
  inventory_.remove_version("a", 1, removals_);
  EXPECT_EQ(gone(), (Gone{"a/1/2", "a/1/5!"}));
}

TEST_F(InventoryTest, ANewVersionReplacesTheOldAndItsRecord) {
  add({"a", 1, 0}, 10);
  add({"a", 1, 1}, 10);
  add({"a", 2, 0}, 10);
  EXPECT_EQ(gone(), (Gone{"a/1/0", "a/1/1"})) << "the song itself is still there";
  EXPECT_EQ(inventory_.totals().bytes, 10 + record);
}

TEST_F(InventoryTest, WhatWasPlayedLongestAgoMakesRoom) {
  inventory_.resize(3 * (1000 + record));
  add({"a", 1, 0}, 1000);
  add({"b", 1, 0}, 1000);
  add({"c", 1, 0}, 1000);
  EXPECT_TRUE(make_room(0));
  EXPECT_EQ(gone(), Gone{});
  touch({"a", 1, 0});
  EXPECT_TRUE(make_room(1));
  EXPECT_EQ(gone(), (Gone{"b/1/0!"}));
  EXPECT_TRUE(make_room(1000 + record + 1));
  EXPECT_EQ(gone(), (Gone{"c/1/0!"}));
  EXPECT_EQ(inventory_.totals().evictions, 2U);
}

TEST_F(InventoryTest, WhereAPieceWasFoundHoldsUntilOneGoes) {
  inventory_.resize(3 * (1000 + record));
  add({"a", 1, 0}, 1000);
  add({"b", 1, 0}, 1000);
  add({"c", 1, 0}, 1000);
  Inventory::Place a;
  Inventory::Place b;
  inventory_.touch(a, "a", 1, 0);
  inventory_.touch(b, "b", 1, 0);
  inventory_.touch(a, "a", 1, 0);
  EXPECT_TRUE(make_room(1000 + record));
  EXPECT_EQ(gone(), (Gone{"c/1/0!"}));

  inventory_.remove({"b", 1, 0}, removals_);
  inventory_.touch(b, "b", 1, 0);
  add({"b", 1, 0}, 1000);
  inventory_.touch(a, "a", 1, 0);
  inventory_.touch(b, "b", 1, 0);
  EXPECT_EQ(gone(), (Gone{"b/1/0!"}));
  inventory_.resize(2 * (1000 + record));
  EXPECT_TRUE(make_room(1000 + record));
  EXPECT_EQ(gone(), (Gone{"a/1/0!"}));
}

TEST_F(InventoryTest, WhatAnEarlierProcessLeftGoesBeforeWhatWasPlayedSince) {
  add({"a", 1, 0}, 1000);
  add({"old", 1, 0}, 1000, Turn::first);
  add({"older", 1, 0}, 1000, Turn::first);
  inventory_.resize(inventory_.totals().bytes - 1);
  EXPECT_TRUE(make_room(0));
  EXPECT_EQ(gone(), (Gone{"older/1/0!"}));
}

TEST_F(InventoryTest, NeitherWhoAsksNorWhatIsPinnedMakesRoom) {
  add({"a", 1, 0}, 1000);
  add({"a", 1, 1}, 1000);
  add({"b", 1, 0}, 1000);
  inventory_.resize(inventory_.totals().bytes);
  inventory_.pin("b", 1);
  inventory_.pin("b", 1);
  EXPECT_FALSE(make_room(1001, {"a", 1, 0}));
  EXPECT_EQ(gone(), (Gone{"a/1/1"}));
  inventory_.unpin("b", 1);
  EXPECT_FALSE(make_room(1001, {"a", 1, 0}));
  inventory_.unpin("b", 1);
  inventory_.unpin("b", 1);
  EXPECT_TRUE(make_room(1001, {"a", 1, 0}));
  EXPECT_EQ(gone(), (Gone{"b/1/0!"}));
}

// It is not walked over again each time that something else is to go.
TEST_F(InventoryTest, WhatMayNotGoWhenItIsItsTurnIsPlayedNow) {
  for (const char* song : {"a", "b", "c"}) add({song, 1, 0}, 1000);
  inventory_.resize(inventory_.totals().bytes);
  inventory_.pin("a", 1);
  EXPECT_TRUE(make_room(1));
  EXPECT_EQ(gone(), (Gone{"b/1/0!"}));
  inventory_.unpin("a", 1);
  EXPECT_TRUE(make_room(1000 + record + 1));
  EXPECT_EQ(gone(), (Gone{"c/1/0!"}));
}

TEST_F(InventoryTest, WhatIsPinnedOrClaimedMayBeThereLater) {
  inventory_.pin("a", 1);
  inventory_.claim(this, "b", 1, 0, 1);
  add({"a", 1, 0}, 1000);
  add({"b", 1, 0}, 1000);
  inventory_.resize(1000 + record);
  EXPECT_FALSE(make_room(0));
  inventory_.unpin("a", 1);
  inventory_.claim(this, "b", 1, 0, 0);
  inventory_.claim(this, "c", 1, 0, 0);
  EXPECT_TRUE(make_room(0));
  EXPECT_EQ(gone().size(), 1U);
}

TEST_F(InventoryTest, WhatIsAboutToBeReadMakesNoRoom) {
  for (std::uint64_t slice = 0; slice < 5; ++slice) add({"a", 1, slice}, 1000);
  inventory_.resize(inventory_.totals().bytes);
  const int one = 0;
  const int other = 0;
  inventory_.claim(&one, "a", 1, 0, 2);
  inventory_.claim(&other, "a", 1, 1, 4);
  inventory_.claim(&other, "a", 2, 4, 5);
  EXPECT_TRUE(make_room(1000));
  EXPECT_EQ(gone(), Gone{"a/1/4"});
  EXPECT_FALSE(make_room(1001));
  EXPECT_EQ(gone(), Gone{});
  inventory_.claim(&one, "a", 1, 1, 2);
  EXPECT_TRUE(make_room(1001));
  EXPECT_EQ(gone(), Gone{"a/1/0"});
  inventory_.claim(&one, "a", 1, 0, 0);
  EXPECT_FALSE(make_room(2001));
  inventory_.claim(&other, "a", 1, 0, 0);
  EXPECT_TRUE(make_room(2001));
  EXPECT_EQ(gone(), Gone{"a/1/1"});
}

TEST_F(InventoryTest, WhatNeverFitsThrowsNothingOut) {
  add({"a", 1, 0}, 1000);
  EXPECT_FALSE(make_room(inventory_.size() + 1));
  EXPECT_EQ(gone(), Gone{});
}

TEST_F(InventoryTest, WhatCouldNotBeRemovedCountsAndIsTheNextToGo) {
  add({"a", 1, 0}, 1000);
  add({"b", 1, 0}, 1000);
  const auto before = inventory_.totals();
  inventory_.resize(before.bytes - 1);
  EXPECT_TRUE(make_room(0));
  ASSERT_EQ(removals_.size(), 1U);
  const Inventory::Removal removal = removals_.front();
  inventory_.put_back(removal);
  inventory_.put_back(removal);
  EXPECT_EQ(inventory_.totals().bytes, before.bytes);
  EXPECT_EQ(inventory_.totals().evictions, 0U);
  EXPECT_EQ(gone(), (Gone{"a/1/0!"}));
  EXPECT_TRUE(make_room(0));
  EXPECT_EQ(gone(), (Gone{"a/1/0!"}));
  add({"a", 2, 0}, 1000);
  inventory_.put_back(removal);
  EXPECT_TRUE(inventory_.contains({"a", 2, 0})) << "another version is there by now";
}

TEST_F(InventoryTest, AFullDiskIsABoundUntilItHasRoomAgain) {
  constexpr std::uint64_t mib = 1024 * 1024;
  inventory_.resize(1000 * mib);
  for (const char* song : {"a", "b", "c", "d"}) add({song, 1, 0}, 2 * mib);
  inventory_.note_free(100 * mib);
  EXPECT_FALSE(inventory_.is_disk_full()) << "nobody has said so";
  inventory_.note_full();
  EXPECT_TRUE(inventory_.is_disk_full());
  EXPECT_TRUE(make_room(0));
  EXPECT_EQ(gone(), (Gone{"a/1/0!"})) << "a reserve is left";
  EXPECT_TRUE(make_room(2 * mib));
  EXPECT_EQ(gone(), (Gone{"b/1/0!"}));
  add({"e", 1, 0}, 2 * mib);
  inventory_.note_free(2 * mib);
  EXPECT_TRUE(make_room(2 * mib));
  EXPECT_EQ(gone(), (Gone{"c/1/0!"})) << "that is the reserve";
  inventory_.note_free(9 * mib);
  EXPECT_TRUE(inventory_.is_disk_full());
  EXPECT_TRUE(make_room(8 * mib));
  EXPECT_EQ(gone(), Gone{});
  inventory_.note_free(2000 * mib);
  EXPECT_FALSE(inventory_.is_disk_full());
  EXPECT_TRUE(make_room(900 * mib));
  EXPECT_EQ(gone(), Gone{});
}

TEST_F(InventoryTest, SaysOnceWhichSongsWerePlayed) {
  add({"a", 1, 0}, 10);
  add({"b", 1, 0}, 10);
  touch({"b", 1, 0});
  touch({"b", 1, 0});
  touch({"b", 2, 0});
  EXPECT_EQ(inventory_.take_played(), std::vector<std::string>{"b"});
  EXPECT_EQ(inventory_.take_played(), std::vector<std::string>{});
  touch({"b", 1, 0});
  EXPECT_EQ(inventory_.take_played(), std::vector<std::string>{"b"});
}

TEST_F(InventoryTest, ASongThatIsGoneWasNotPlayed) {
  add({"a", 1, 0}, 10);
  add({"b", 1, 0}, 10);
  touch({"a", 1, 0});
  touch({"b", 1, 0});
  inventory_.remove({"b", 1, 0}, removals_);
  add({"b", 1, 0}, 10);
  EXPECT_EQ(inventory_.take_played(), std::vector<std::string>{"a"});
  touch({"b", 1, 0});
  add({"b", 2, 0}, 10);
  EXPECT_EQ(inventory_.take_played(), std::vector<std::string>{});
}

TEST_F(InventoryTest, WhatIsTooMuchGoesALittleAtATime) {
  for (std::uint64_t slice = 0; slice < 10; ++slice) add({"a", 1, slice}, 1000);
  inventory_.resize(record + 6'500);
  inventory_.claim(this, "a", 1, 1, 2);
  EXPECT_FALSE(inventory_.evict_surplus(2, removals_));
  EXPECT_EQ(gone(), (Gone{"a/1/0", "a/1/2"}));
  EXPECT_TRUE(inventory_.evict_surplus(2, removals_));
  EXPECT_EQ(gone(), (Gone{"a/1/3", "a/1/4"}));
  EXPECT_TRUE(inventory_.evict_surplus(2, removals_));
  EXPECT_EQ(gone(), Gone{});
  EXPECT_EQ(inventory_.totals().evictions, 4U);
}

TEST_F(InventoryTest, ThereMayBeMoreThanMayGo) {
  for (std::uint64_t slice = 0; slice < 3; ++slice) add({"a", 1, slice}, 1000);
  inventory_.pin("a", 1);
  inventory_.resize(1000);
  EXPECT_TRUE(inventory_.evict_surplus(2, removals_)) << "calling it again would be in vain";
  EXPECT_EQ(gone(), Gone{});
}

}  // namespace
}  // namespace tonearm::cache
