#pragma once

#include "tonearm/http/representation.h"

#include "cache/disk.h"
#include "cache/geometry.h"
#include "cache/warm_blocks.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tonearm::cache {

class Fill;

/// Memory for that many blocks side by side, not initialised.
inline std::shared_ptr<std::byte[]> place_for_blocks(std::size_t count) {
  return std::shared_ptr<std::byte[]>(new std::byte[count * block_size]);
}

/// Bytes of one block that have come and are not on disk yet. Only appended to; how far is the
/// fill's to say. Shared by who reads it. Neighbours may share their memory, which lasts for as
/// long as one of them.
struct ArrivingBlock {
  explicit ArrivingBlock(std::uint64_t which,
                         std::shared_ptr<std::byte[]> place = place_for_blocks(1))
      : block(which), bytes(std::move(place)) {}
  const std::uint64_t block;
  const std::shared_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};
using ArrivingBlocks = std::vector<std::shared_ptr<ArrivingBlock>>;

/// One version of a song as far as it is kept: its pieces, which of their blocks are there, which
/// of them were proven whole. Thread-safe; what blocks says so and belongs on the pool.
class Version {
 public:
  /// `recorded`: the record is on disk already.
  Version(Disk& disk, std::string song, SongRecord record, bool recorded);

  /// In the origin's words.
  http::Representation as_described() const;
  /// The same, but seekable and not single_pass once a version that is kept only whole is complete.
  http::Representation as_served() const;
  /// RFC 9111 §4.2; `most`: however long the origin says.
  bool is_fresh(std::chrono::seconds most, http::HttpTime now) const;
  Geometry geometry() const { return {slice_size_, length_}; }
  bool whole_only() const { return whole_only_; }
  /// A version that is kept only whole is not yet, and is not to be cut.
  bool is_complete() const { return complete_; }

  /// The origin says that it is still the current one, and what it says of it now takes the place
  /// of what is kept (RFC 9111 §3.2). To be followed by store_refreshed().
  void refresh(const http::Representation& now);
  /// Blocks. What refresh() has changed outlives the process, if it can be written.
  void store_refreshed();
  /// The end of a body of unknown length has come.
  void set_length(std::uint64_t length);
  /// Blocks. All of a whole-only version is kept.
  void complete();
  /// Blocks. Gives up the descriptors that nobody uses now.
  void close_idle();

  /// It is not current any more: nothing is kept of it from now on. What is open of it stays so for
  /// who plays it.
  void kill();
  bool dead() const { return dead_; }
  /// Blocks. Of one that will never be whole: nobody reads what lies before `position`, and its
  /// pieces go.
  void let_go(std::uint64_t position);

  /// Of who plays it. What is removed meanwhile can be read on as far as it is open, and of a
  /// version that is kept only whole nothing is evicted.
  class Hold {
   public:
    Hold() = default;
    explicit Hold(std::shared_ptr<Version> version);
    Hold(Hold&& other) noexcept = default;
    Hold& operator=(Hold&& other) noexcept;
    ~Hold();

   private:
    std::shared_ptr<Version> version_;
  };
  bool is_held() const;

  /// What can be said of the byte at `position` and those behind it, up to `end` at most.
  struct Look {
    enum class Kind {
      kept,      ///< [position, end) lies proven in `file` at `offset`.
      unproven,  ///< [position, end) is there and must be verified.
      unknown,   ///< The piece must be loaded.
      missing,
    };
    Kind kind = Kind::missing;
    std::uint64_t end = 0;
    std::shared_ptr<File> file;
    std::uint64_t offset = 0;
    bool warm = false;  ///< With kept: all of it was sent a moment ago.
    // The file as it was then.
    io::FileStamp stamp;
    std::uint64_t altered = 0;
  };
  /// A version that is kept only whole is dead once something of it is found missing.
  Look look(std::uint64_t position, std::uint64_t end);
  /// The same as far as is known without a look at the file: enough to say what an answer will
  /// cost, not to take bytes from it.
  Look glance(std::uint64_t position, std::uint64_t end);
  /// Whether nobody but this process has touched the bytes of what was `kept` since that look.
  bool is_as_it_was(const Look& kept) const;
  /// What was `kept`, from `position` on, is in memory and being sent: it was played last.
  void note_sending(const Look& kept, std::uint64_t position);

  /// The piece at `position` comes from the disk again, if only in part: the kernel reads ahead, so
  /// that nobody can say which of its blocks were in memory all the time. None is proven any more;
  /// and if it was sent lately, other pieces are trusted less long.
  void doubt(std::uint64_t position);

  /// Blocks. Reads which blocks the piece has. False: that cannot be told now, and it stays
  /// unknown.
  bool load(std::uint64_t slice);
  /// Blocks. Compares the blocks of [first, end), which lie in one slice, with their checksums, and
  /// brings them into memory on the way. A piece that cannot be read or does not pass is thrown
  /// away.
  void verify(std::uint64_t first, std::uint64_t end);
  /// Blocks. Keeps whole blocks, consecutive and of one slice. False when they cannot be kept.
  bool write(std::span<const std::shared_ptr<ArrivingBlock>> blocks);

  /// The disk has removed it.
  void evicted(std::uint64_t slice, bool last);

  /// The fills that bring bytes of it, and the first byte behind `position` that is kept already,
  /// as far as that is known.
  std::mutex& fills_mutex() { return fills_mutex_; }
  std::vector<std::shared_ptr<Fill>>& fills() { return fills_; }  ///< With fills_mutex() held.
  std::uint64_t next_kept(std::uint64_t position) const;
  /// Whether the block at `position` is known to be there. Never touches the disk.
  bool holds(std::uint64_t position) const;

  const std::string& song() const { return song_; }
  std::uint64_t number() const { return number_; }

 private:
  struct Piece {
    bool known = false;          ///< `sums` says what is there; empty: nothing.
    std::shared_ptr<File> file;  ///< Null when closed to save descriptors.
    std::vector<std::uint64_t> sums;
    std::vector<bool> proven;
    WarmBlocks warm;
    io::FileStamp stamp;  ///< Of the file when `proven` was true.
    Inventory::Place place;
  };

  using Pieces = std::unordered_map<std::uint64_t, Piece>;  ///< By slice.
  struct Run;                                               ///< Blocks that are written together.
  class Writing;
  enum class Check : std::uint8_t { nothing, file };

  PieceId id_of(std::uint64_t slice) const { return {song_, number_, slice}; }
  Look find(std::uint64_t position, std::uint64_t end, Check check);
  void close_unused();
  bool still_has_name(Piece& piece);
  void lose(std::uint64_t slice, const std::shared_ptr<File>& file);
  Writing open_for_writing(std::uint64_t slice);
  void move_last_index();
  bool write_run(const File& file, Run& run, std::uint64_t slice, std::uint64_t index);
  std::size_t write_blocks(const File& file, std::span<const std::shared_ptr<ArrivingBlock>> blocks,
                           std::vector<std::uint64_t>& sums);
  bool store_first_record();
  bool read_piece(std::uint64_t slice);

  Disk& disk_;
  const std::string song_;
  const std::uint64_t number_;
  const std::uint64_t slice_size_;
  const bool whole_only_;
  std::atomic<bool> dead_ = false;
  std::atomic<bool> complete_;
  std::atomic<std::uint64_t> length_;

  mutable std::mutex mutex_;
  SongRecord record_;
  bool recorded_;
  Pieces pieces_;
  unsigned holds_ = 0;
  // Before mutex_, in this order; held by pool threads only.
  std::mutex writing_;  ///< Who comes second with a block finds it kept.
  std::mutex creating_;

  std::mutex fills_mutex_;  ///< Before mutex_.
  std::vector<std::shared_ptr<Fill>> fills_;
};

}  // namespace tonearm::cache
