#pragma once

#include "tonearm/source/resource.h"

#include "cache/filling.h"
#include "cache/shelf.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tonearm::cache {

/// A song's bytes from wherever they are: kept, on their way, or the origin. Nobody above can tell.
class CachedResource final : public source::Resource {
 public:
  CachedResource(Shelf& shelf, std::string key, Supply supply);
  ~CachedResource() override;

  io::Task<Result<http::Representation>> describe(const source::ReadIntent& intent) override;
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override;
  source::OriginUse origin_use() const override;
  source::CacheUse cache_use() const override;

 private:
  class Reader;

  /// Decides between what is kept and the origin. With `version_` set the answer comes from there,
  /// without it from `direct_`.
  io::Task<Result<void>> find(const source::ReadIntent& intent);
  /// What is known without asking: true when that settles it.
  bool settle(Result<void>& settled);
  io::Task<Result<void>> ask_origin(const source::ReadIntent& intent, std::shared_ptr<Visit> visit,
                                    bool mine);
  void use(std::shared_ptr<Version> version, bool stale);
  bool use_stale();
  io::Task<Result<http::Representation>> describe_directly(const source::ReadIntent& intent);
  /// The first wanted byte is there or on its way; false when the version is not current any more.
  io::Task<bool> get_going(const source::ReadIntent& intent);
  io::Task<void> look_ahead(std::uint64_t first, std::uint64_t end);

  /// Sits down at a fill that brings the block at `position`, or at none where it is kept by now.
  /// False when it neither is nor can be kept.
  bool take_seat(std::uint64_t position, std::uint64_t end);
  std::optional<Fill::Seat> join_running(std::uint64_t position, std::uint64_t end);
  io::Task<void> load(std::uint64_t position);
  /// The rest from the origin itself, if it still has this version.
  io::Task<Result<std::unique_ptr<io::ByteReader>>> read_directly(std::uint64_t position,
                                                                  std::optional<std::uint64_t> end);

  Shelf& shelf_;
  const std::shared_ptr<Entry> entry_;
  const Supply supply_;
  std::shared_ptr<Version> version_;
  std::unique_ptr<source::Resource> direct_;
  std::optional<http::Representation> described_;  ///< What direct_ said, if it was asked already.
  Fill::Seat seat_;
  std::vector<std::shared_ptr<Fill>> begun_;  ///< The fills whose cost is this request's.
  source::CacheUse use_;
  bool cold_ = false;  ///< Nothing was kept of it when this request came.
  bool has_read_ = false;
  std::uint64_t kept_bytes_ = 0;
  std::uint64_t fetched_bytes_ = 0;
};

}  // namespace tonearm::cache
