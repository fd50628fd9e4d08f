#pragma once

#include "tonearm/base/error.h"
#include "tonearm/cache/options.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"
#include "tonearm/io/task.h"
#include "tonearm/source/resource.h"

#include "cache/claim.h"
#include "cache/pace.h"
#include "cache/version.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/container/flat_map.hpp>

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace tonearm::cache {

/// Of who waits for a fill wherever it is: see Fill::join().
inline constexpr std::uint64_t any_patience = std::numeric_limits<std::uint64_t>::max();

/// How a fill ended.
enum class FillOutcome : std::uint8_t {
  done,       ///< Everything that was wanted of it, up to what is kept or fetched by another.
  failed,     ///< The origin failed, or the program stopped.
  abandoned,  ///< Nobody read any more.
  changed,    ///< The origin has another version now.
};

/// One run of missing blocks on its way from the origin: what has come of it, who reads it, how far
/// it may go. Filled by a coroutine on one loop (its home), read from any. Thread-safe.
class Fill : public std::enable_shared_from_this<Fill> {
 public:
  /// `first`: where it starts, the beginning of a block.
  Fill(io::Executor home, std::uint64_t first, const Policy& policy);

  // For readers.

  /// A reader's place at a fill, which goes on for as long as somebody sits there.
  class Seat {
   public:
    Seat() = default;
    Seat(std::shared_ptr<Fill> fill, std::uint64_t number)
        : fill_(std::move(fill)), number_(number) {}
    Seat(Seat&& other) noexcept : fill_(std::move(other.fill_)), number_(other.number_) {}
    Seat& operator=(Seat&& other) noexcept;
    ~Seat() { leave(); }

    void leave();
    /// The reader has come to `position`.
    void move_to(std::uint64_t position);
    const std::shared_ptr<Fill>& fill() const { return fill_; }
    explicit operator bool() const { return fill_ != nullptr; }

   private:
    std::shared_ptr<Fill> fill_;
    std::uint64_t number_ = 0;
  };

  /// A seat for a reader of `position` to `end`. It is given when the fill will reach `position`
  /// within `patience` bytes or in its block, and other readers want all before: bytes between two
  /// ranges are fetched for nobody. `any_patience` takes any place, also one that the fill has left
  /// behind, unless it keeps all in memory: what lies there is on disk.
  std::optional<Seat> join(std::uint64_t position, std::uint64_t end, std::uint64_t patience);

  struct View {
    enum class Kind {
      bytes,  ///< `bytes`, of one block or of several that lie together; `block` keeps them alive.
      wait,   ///< They have not come yet, or are held back: see wait().
      gone,   ///< They are on disk, or nowhere.
      ended,  ///< outcome() says why they do not come.
    };
    Kind kind = Kind::wait;
    std::span<const std::byte> bytes;
    std::shared_ptr<ArrivingBlock> block;
    std::uint64_t seen = 0;
  };
  View view(std::uint64_t position) const;

  /// Another fill brings what lies from `first` on: this one ends there, if nobody here waits for
  /// it.
  void give_way(std::uint64_t first);
  /// It is begun beside one that is late, by an origin that may be slow: nothing is fetched once
  /// nobody reads.
  void end_with_readers();

  /// Whether the origin has answered what it was asked, and that is of the version that it should
  /// be (or has ended).
  bool verified(std::uint64_t& seen) const;
  std::optional<FillOutcome> outcome() const;
  /// It has not ended, and is not about to end in vain.
  bool goes_on() const;
  /// Whether the byte at `position` has come, or will before another question to the origin would
  /// be answered.
  bool brings_soon(std::uint64_t position) const;
  Error error() const;
  /// What it has cost since this was called last: for the request that began it.
  source::OriginUse take_use();
  /// To be called twice, when the fill is over and when the request that began it is: the later one
  /// gets what that request was not charged for.
  source::OriginUse close_account();

  // For readers who wait: fill_waiters.cc.

  /// Until something has happened since `seen`. On the caller's own loop.
  io::Task<void> wait(std::uint64_t seen, std::shared_ptr<io::Event> event, io::Executor loop);
  /// Notifies `event`, on its loop, of what happens next; once. False: something has happened since
  /// `seen`, and nothing will be told.
  bool add_waiter(const std::shared_ptr<io::Event>& event, const io::Executor& loop,
                  std::uint64_t seen);
  /// It need not be told any more.
  void remove_waiter(const std::shared_ptr<io::Event>& event);
  /// Whether the byte at `position` lies behind this fill's end, or so far ahead of what the origin
  /// sends so slowly, or sends nothing of, that another question would bring it sooner.
  bool is_late(std::uint64_t position) const;

  // For the fills of the same version.

  std::uint64_t position() const;
  /// Nobody who sits here reads what lies before.
  std::uint64_t slowest() const;
  std::uint64_t first() const;
  /// It ends before `limit`, where another begins.
  void limit_to(std::uint64_t limit);
  bool ended() const { return outcome().has_value(); }

  // For the filling coroutine, on its loop.

  struct Next {
    enum class Kind { fetch, wait, end };
    Kind kind = Kind::wait;
    std::uint64_t end = 0;   ///< fetch: up to here.
    std::uint64_t stop = 0;  ///< fetch: if nobody comes, it ends here.
    FillOutcome outcome = FillOutcome::done;
    bool full = false;     ///< wait: memory takes no more.
    bool crowded = false;  ///< So many read that they will hardly all leave.
  };
  /// What is to be done next. An end is final: nobody joins any more who wants what is behind it,
  /// and nobody at all when what has come is of no use without the rest.
  Next next(const Geometry& geometry, bool whole);
  /// What comes is written there; what is written and not read yet stays there.
  void write_to(Disk& disk, const Version& version);
  /// Until one of them has come on. If nobody does for release_after, and one of them has read all
  /// there is, those behind are waited for no more.
  io::Task<void> wait_for_readers();
  /// Before anything has come: it begins at the first byte after all.
  void begin_at_start();
  void set_verified();
  /// True: from now on what comes is held back until it is written, or show() is called.
  bool append(std::span<const std::byte> bytes, const source::OriginUse& use_so_far);
  /// What is held back has waited long enough.
  void show();
  void set_use(const source::OriginUse& use_so_far);
  /// Another resource is used from now on, which counts from nothing.
  void change_resource();
  /// Whole blocks that are not on disk yet, those of the first slice.
  ArrivingBlocks unwritten(const Geometry& geometry) const;
  /// They are on disk.
  void release(const ArrivingBlocks& blocks);
  /// What comes stays in memory, up to a bound, unless it is written all the same. Who is too slow
  /// finds it gone; of a song that can only be had whole, the slowest sets the pace.
  void keep_in_memory();
  std::uint64_t unwritten_bytes() const;
  /// It is about to end, and nobody joins any more.
  void close();
  void end(FillOutcome outcome, Error error);

  /// From any thread: unwinds the coroutine.
  void cancel();
  boost::asio::cancellation_signal& cancellation() { return cancellation_; }

 private:
  struct Waiter {
    io::Executor loop;
    std::shared_ptr<io::Event> event;
  };
  using Waiters = std::vector<Waiter>;

  source::OriginUse take_rest();  // with the lock held
  bool holds_up_the_fastest() const;
  void give_up_who_is_behind();
  void leave(std::uint64_t number);
  void move(std::uint64_t number, std::uint64_t position);
  void wake_home();
  // With the lock held.
  std::uint64_t fastest() const;
  std::uint64_t oldest() const;
  std::uint64_t may_reach() const;
  void claim_unread();
  std::span<const std::byte> together_from(std::uint64_t position) const;
  void store(std::span<const std::byte> bytes);
  void make_room(bool whole);
  bool holds_back() const;

  // fill_waiters.cc: who is told of a change.

  /// Counts a change, with the lock held: wake() these after it.
  Waiters take_waiters();
  static void wake(const Waiters& waiters);

  const io::Executor home_;
  const std::uint64_t read_ahead_;
  const std::chrono::milliseconds release_after_;
  const std::chrono::milliseconds lively_;
  io::Event home_event_;                           ///< Home loop only.
  boost::asio::cancellation_signal cancellation_;  ///< Home loop only.

  mutable std::mutex mutex_;
  std::uint64_t first_;
  std::uint64_t position_;  ///< The next byte to come.
  std::uint64_t shown_;   ///< What has come is handed out up to here, the rest once it is written.
  std::uint64_t wanted_;  ///< Somebody asked for bytes up to here.
  Pace pace_;
  std::uint64_t limit_ = endless;
  std::optional<std::uint64_t> stop_at_;  ///< While nobody reads: the end of the slice.
  std::deque<std::shared_ptr<ArrivingBlock>> blocks_;  ///< Consecutive, the last one may grow.
  /// Where each reader is. Looked through more often than they come and go.
  boost::container::flat_map<std::uint64_t, std::uint64_t> seats_;
  std::uint64_t next_seat_ = 0;
  std::unique_ptr<Claim> claim_;  ///< Of nothing while nobody sits here: the disk may be gone.
  std::uint64_t changes_ = 1;
  Waiters waiters_;
  bool home_waits_ = false;
  /// It waited for its readers when it was last asked what is next. home_waits_ ends before that
  /// is asked again, when somebody comes on.
  bool paused_ = false;
  bool ends_with_readers_ = false;
  bool verified_ = false;
  bool in_memory_ = false;
  std::uint64_t pace_from_ = 0;  ///< Who is before that is waited for no more.
  bool closed_ = false;
  std::optional<FillOutcome> outcome_;
  Error error_;
  source::OriginUse use_;
  source::OriginUse of_earlier_;  ///< Resources than the one that is used.
  source::OriginUse taken_;
  unsigned open_accounts_ = 2;
};

}  // namespace tonearm::cache
