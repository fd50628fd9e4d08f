#pragma once

#include "tonearm/http/range.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/io/byte_stream.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"

#include "source/open_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tonearm::source {

/// One version of an open file: what was described and, of what may grow, what was appended since.
/// That a file was appended to, and not made anew under its name, is told by its bytes: a block of
/// what was handed on last must still be there. One loop, one operation at a time.
class FileVersion {
 public:
  /// What becomes of a file that stays the same version.
  enum class Writing : std::uint8_t {
    over,         ///< Nothing.
    ended,        ///< It may be appended to once more, and what stands in it stays.
    at_its_end,   ///< It is appended to, and what stands in it stays.
    with_header,  ///< It is appended to, and its header may be finished.
  };

  /// `pool` outlives it.
  FileVersion(std::shared_ptr<const OpenFile> file, const io::FileStamp& described, Writing writing,
              io::BlockingPool& pool)
      : file_(std::move(file)), seen_(described), writing_(writing), pool_(pool) {}

  /// Of one that has ended, before anything else: what is loaded first is then known to be of what
  /// was described.
  io::Task<void> remember_end();
  /// What is there now, or representation_changed.
  io::Task<Result<io::FileStamp>> look();
  /// The first of these bytes, read into memory of this object's until the next load(): what is not
  /// in the page cache on the pool. `size`: not 0. The file is looked at when they have been read,
  /// so that they are this version's whatever is written later; a region of the file would be sent
  /// as it is when the client's kernel takes it.
  io::Task<Result<io::Chunk>> load(std::uint64_t offset, std::uint64_t size);

  int descriptor() const { return file_->descriptor(); }
  /// When a look last found more than the one before.
  io::Clock::time_point grew() const { return grew_; }

 private:
  struct Block {
    http::ByteRange range;
    std::uint64_t hash = 0;
    bool silent = false;  ///< All its bytes are alike: another take may well have it too.
  };

  /// Of a region that ends there, how much of the file tells nothing.
  std::uint64_t header_before(std::uint64_t end) const;
  static Block block_of(http::ByteRange range, std::span<const std::byte> bytes);
  /// False where there are fewer.
  io::Task<bool> read(std::uint64_t offset, std::span<std::byte> bytes);
  /// Empty where there are fewer bytes, or none.
  io::Task<std::optional<Block>> read_block(http::ByteRange range);
  /// One that ends in `loaded`, which is what `loaded_` holds: only what lies before is read.
  io::Task<std::optional<Block>> loaded_block(http::ByteRange range, http::ByteRange loaded);
  /// Of these bytes the one that tells most.
  io::Task<std::optional<Block>> choose_block(http::ByteRange loaded);
  bool may_be_appended_to() const { return writing_ != Writing::over; }
  bool may_be_about_to_grow(const io::FileStamp& now) const;
  /// Once it has grown, or is not about to.
  io::Task<Result<io::FileStamp>> later_stamp();
  /// Of what may be appended to.
  io::Task<bool> is_same(const io::FileStamp& now);
  /// Whether another take would be told by what is known of this one.
  bool is_told_apart() const;
  /// Whether that is still there; true where nothing is known.
  io::Task<bool> is_still_there();
  io::Task<bool> is_still_there(std::optional<Block> block);

  std::shared_ptr<const OpenFile> file_;
  io::FileStamp seen_;  ///< As it was described; of what is appended to, at the last look.
  Writing writing_;
  io::BlockingPool& pool_;
  io::Clock::time_point grew_ = io::Clock::now();
  std::optional<Block> known_;       ///< Of what was handed on last.
  std::optional<Block> end_;         ///< Of what has ended: its end as it was described.
  std::vector<std::byte> loaded_;    ///< What load() has read last.
  std::vector<std::byte> compared_;  ///< A block: too large for a frame.
};

}  // namespace tonearm::source
