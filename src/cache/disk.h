#pragma once

#include "tonearm/base/result.h"

#include "cache/directory_lock.h"
#include "cache/disk_health.h"
#include "cache/file.h"
#include "cache/geometry.h"
#include "cache/inventory.h"
#include "cache/memory_trust.h"
#include "cache/piece_format.h"
#include "cache/silence.h"
#include "cache/song_record.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

namespace tonearm::cache {

struct FoundSong;

/// The cache directory: the files in it, kept in step with the inventory of them, and whether it
/// can be written at all. Thread-safe. Members that say so block on the disk: call them on the
/// pool. What lies in the directory already is found by a thread of its own; until that is done
/// nothing new is written, but what is asked for by name is there at once.
class Disk {
 public:
  /// `on_evicted` is told which slice of a song is gone, and whether it was the last; of the last
  /// before anybody can write a record of the song again, so that it must not write one itself. It
  /// may come from any thread but no loop's.
  using OnEvicted = std::function<void(const std::string& song, std::uint64_t version,
                                       std::uint64_t slice, bool last)>;

  /// How many pieces the disk's thread takes in or evicts with the lock held once: about two
  /// milliseconds, for every loop needs it.
  static constexpr std::size_t pieces_in_batch = 1000;

  /// Warns when the directory cannot be used, and tries again until it can. Blocks for one attempt.
  Disk(std::string path, std::uint64_t size, OnEvicted on_evicted);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Whether something can be kept now.
  bool writable() const { return may_write() && !is_silent(); }
  /// Whether what is kept can be read.
  bool readable() const { return ready_ && !is_silent(); }
  /// Whether it does not answer: then what it has not said yet is to be had without it.
  bool is_silent() const { return silence_.lasts(); }
  Silence& silence() { return silence_; }
  /// A write failed: warns once, and nothing is written for a while. On a full disk, what was
  /// played longest ago makes room, as if `size` were what fits there.
  void fail(std::string_view what, int error_number);
  /// A block was written: after a minute without a failure, the next one is worth a warning again.
  void succeed();

  /// Blocks. Empty: no such record, or one that is not whole. An error: that cannot be told now.
  Result<std::optional<SongRecord>> load_record(const std::string& song) const;
  /// What is to be written, if anything still is: asked for while nobody else can write or remove
  /// the record of any song.
  using Wanted = std::function<std::optional<SongRecord>()>;
  /// Blocks. False after a failure, which was reported. The song has a piece already: a record
  /// goes with the last one.
  bool store_record(const std::string& song, const Wanted& wanted);

  /// Blocks. Null: not there. An error: that cannot be told now, and it is not to be replaced.
  Result<std::shared_ptr<File>> open_piece(const PieceId& id);
  /// Blocks: makes room, and the file with its index. Empty when it cannot be kept.
  std::shared_ptr<File> create_piece(const PieceId& id, const Geometry& geometry);
  /// Blocks: makes room for a block of a piece; false when the piece is gone or there is none.
  bool grow_piece(const PieceId& id, std::uint64_t bytes);
  /// So much of that was not written.
  void shrink_piece(const PieceId& id, std::uint64_t bytes);
  /// Blocks: it is not to be trusted, or somebody has removed it.
  void drop_piece(const PieceId& id);
  /// Blocks: every piece and the record of this version. False when one of them could not be
  /// removed.
  bool forget(const std::string& song, std::uint64_t version);
  /// The same of whatever lies there of the song. While that is not known yet its record goes, and
  /// without one nothing of it counts, here or in the next process; its pieces go when they are
  /// found.
  bool forget(const std::string& song);

  /// False only when it is known that there is no such piece.
  bool may_hold(const PieceId& id) const;
  /// False only when it is known that there are fewer pieces than `least` of the version.
  bool may_hold(const std::string& song, std::uint64_t version, std::uint64_t least) const;
  /// Whether all that lies there is known.
  bool is_scanned() const { return scanned_; }
  /// Blocks. Whether the first `count` slices have a piece each.
  bool has_all(const std::string& song, std::uint64_t version, std::uint64_t count) const;
  /// The first slice at or behind `from` of which something is there.
  std::optional<std::uint64_t> next_piece(const std::string& song, std::uint64_t version,
                                          std::uint64_t from) const;
  /// It is being read from now. What leaves from a fill's memory is not told.
  void touch(Inventory::Place& place, const std::string& song, std::uint64_t version,
             std::uint64_t slice);
  /// While it is pinned, as often as it was, nothing of a version is evicted.
  void pin(const std::string& song, std::uint64_t version);
  void unpin(const std::string& song, std::uint64_t version);

  /// What `who` is about to read of a version is not evicted either, until it claims other slices,
  /// or none.
  void claim(const void* who, const std::string& song, std::uint64_t version, std::uint64_t first,
             std::uint64_t end);

  /// Of all that is kept here: the kernel drops one song's pages for another's. From any thread.
  MemoryTrust& memory_trust() { return memory_trust_; }

  /// On the thread of its own: closing the last descriptor of an unlinked file frees its blocks,
  /// and that is no work for a loop, nor for who holds a lock. (When memory runs out, it is.)
  void destroy_later(std::shared_ptr<const void> what) noexcept;

  Inventory::Totals totals() const;
  std::uint64_t size() const;
  /// In a moment, on the thread of its own, what is too much goes.
  void resize(std::uint64_t size);
  /// Waits until what is in the directory is known and no more than may be there, at most so long.
  /// For start-up and tests.
  bool wait_until_scanned(std::chrono::milliseconds most);

 private:
  std::string path_of(std::string_view name) const { return path_ + '/' + std::string(name); }
  bool may_write() const;
  bool try_open();
  void work();
  void take_turn();
  void scan();
  void discard_leftovers(std::vector<FoundSong>& found);
  void discard_leftovers(FoundSong& song);
  void take_over(std::vector<FoundSong> found);
  std::size_t take_over_some(std::span<const FoundSong> found);
  void take_over_one(const FoundSong& song);
  void destroy_waiting();
  void note_played();
  void shrink();
  bool evict_surplus();
  void look_for_room();
  void start_over();

  /// Unlinks and tells; without the lock. What cannot be unlinked counts again: false.
  bool bury(const Inventory::Removals& removals);
  bool bury_last(const PieceId& id);
  bool remove_record(const std::string& song);
  void warn_of_record(const std::string& song, std::size_t bytes);
  void put_back(const Inventory::Removal& removal, int error_number);

  const std::string path_;
  const OnEvicted on_evicted_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> scanned_ = false;  ///< What is there is known.
  std::atomic<bool> settled_ = false;  ///< And was brought within the bound.
  DiskHealth health_;
  Silence silence_;
  MemoryTrust memory_trust_;
  Pause unremovable_;
  Pause large_record_;
  std::atomic<bool> full_ = false;
  Pause filled_;  ///< Room is not looked for before.
  DirectoryLock lock_;

  std::mutex naming_;  ///< Before mutex_: while a record is renamed to its name, or removed.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_ = false;  ///< Set with mutex_ held.
  Inventory inventory_;
  std::unordered_set<std::string> forgotten_;  ///< Until scanned_.
  std::vector<std::shared_ptr<const void>> to_destroy_;
  std::thread worker_;
};

}  // namespace tonearm::cache
