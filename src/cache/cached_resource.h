#pragma once

#include "tonearm/source/resource.h"

#include "cache/account.h"
#include "cache/filling.h"
#include "cache/store.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace tonearm::cache {

struct Coverage;

/// A song's bytes from wherever they are: kept, on their way, or the origin. Nobody above can tell.
class CachedResource final : public source::Resource {
 public:
  CachedResource(Store& store, const std::string& key, Supply supply);
  ~CachedResource() override;

  /// Of a fill the taker is the cache: it reads for all who come.
  void set_taker(io::Taker& taker) override;
  io::Task<Result<http::Representation>> describe(const source::ReadIntent& intent) override;
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override;
  source::OriginUse origin_use() const override;
  source::CacheUse cache_use() const override;

 private:
  class Reader;

  /// This request's part in a visit to the origin.
  struct Visiting {
    Visiting() = default;
    ~Visiting() {
      if (hand_over) hand_over->intent = nullptr;
    }
    Visiting(const Visiting&) = delete;
    Visiting& operator=(const Visiting&) = delete;

    std::shared_ptr<Visit> visit;
    std::shared_ptr<FillJob> job;         ///< Until it is started; null: another request makes it.
    std::shared_ptr<HandOver> hand_over;  ///< Of a visit that this request makes.
    std::shared_ptr<Version> known;       ///< The version that is kept; null: none is.
  };

  /// Where an answer comes from.
  enum class Way : std::uint8_t {
    kept,      ///< From `version_`: the first wanted byte is there or on its way.
    directly,  ///< From the origin.
    changed,   ///< Not from this version: there is another one now.
    nowhere,   ///< The fill at whose seat this is has failed before the first wanted byte.
  };

  enum class Seated : std::uint8_t {
    at_fill,   ///< At one that brings the block.
    needless,  ///< The block is kept by now.
    nowhere,   ///< It is not kept and cannot be.
  };

  /// Decides between what is kept and the origin. With `version_` set the answer comes from there,
  /// without it from `direct_`.
  io::Task<Result<void>> find(const source::ReadIntent& intent);
  bool is_entry_loaded() const;
  io::Task<bool> load_entry();
  /// What is known without asking; empty: the origin must be asked.
  std::optional<Result<void>> answer_from_entry();
  void announce_visit(const source::ReadIntent& intent, Visiting& visiting);
  std::shared_ptr<FillJob> make_job(std::shared_ptr<Fill> fill) const;
  void sit_at_visit(Fill& fill, const source::ReadIntent& intent, std::uint64_t patience);
  /// What of it a visit of its own would ask the origin for.
  static source::ReadIntent asked_of_origin(const source::ReadIntent& intent);
  void start_or_join_visit(Visiting& visiting, const source::ReadIntent& intent);
  io::Task<Result<void>> answer_from_visit(const Visiting& visiting);
  io::Task<void> wait_until_verified(Fill& fill);
  void use(std::shared_ptr<Version> version, bool stale);
  io::Task<Result<http::Representation>> describe_directly(const source::ReadIntent& intent);
  void replace_direct(std::unique_ptr<source::Resource> next);
  io::Task<Way> begin_from_version(const source::ReadIntent& intent);
  void predict_cache_use(const Coverage& seen, http::ByteRanges parts);
  void discard_description();
  http::Representation as_kept();
  /// Of version_: it is kept only whole, and that is not in yet.
  bool has_only_one_fill() const;
  /// Of upstream.first_byte_timeout, to ask the origin once more.
  bool has_time_left() const {
    return io::Clock::now() - asked_at_ < store_.policy().first_byte_timeout;
  }
  /// The rest from the origin itself, if it still has this version.
  io::Task<Result<std::unique_ptr<io::ByteReader>>> read_directly(std::uint64_t position,
                                                                  std::optional<std::uint64_t> end);

  // seating.cc: at which fill this request waits for a byte, and when it tries another.

  void leave_seats();
  io::Task<Way> wait_for_first_byte(http::ByteRange range);
  Error why_nothing_comes() const;
  /// The disk is silent, but the fill has the byte at `position`, or goes to bring it.
  bool comes_past_disk(std::uint64_t position) const;
  Fill::View look_from_seats(std::uint64_t position);
  io::Task<void> wait_at_seats(http::ByteRange range, std::uint64_t seen,
                               const std::shared_ptr<io::Event>& event);
  void try_another_fill(http::ByteRange range);
  /// The byte that was waited for has come.
  void leave_slow_fill();
  bool ends_before(const Fill& fill, std::uint64_t position) const;
  std::optional<Fill::Seat> join_running(std::uint64_t position, std::uint64_t end);
  Way stay_with_the_only_fill(http::ByteRange range);
  /// Sits down at a fill that brings the block at `position`, one of its own if there is none.
  Seated take_seat(std::uint64_t position, std::uint64_t end);
  void sit_at(std::uint64_t first, std::uint64_t end);

  Store& store_;
  const std::shared_ptr<Entry> entry_;
  const Supply supply_;
  std::shared_ptr<Version> version_;
  http::Representation what_;  ///< Of version_, as the answer is planned on it.
  Version::Hold hold_;         ///< Of version_.
  std::unique_ptr<source::Resource> direct_;
  io::Taker* taker_ = nullptr;                     ///< Of what direct_ reads.
  std::optional<http::Representation> described_;  ///< What direct_ said, if it was asked already.
  Fill::Seat seat_;
  Fill::Seat other_seat_;     ///< At a slow fill, while it waits for the byte at `seat_`, too.
  bool asked_again_ = false;  ///< For the byte that it waits for.
  const io::Clock::time_point asked_at_ = io::Clock::now();
  mutable Account account_;
  bool cold_ = false;  ///< Nothing was kept of it when this request came.
  bool has_read_ = false;
};

}  // namespace tonearm::cache
