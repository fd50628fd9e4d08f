#pragma once

#include "tonearm/http/freshness.h"
#include "tonearm/io/task.h"

#include "cache/filling.h"
#include "cache/store.h"

#include <memory>
#include <utility>

namespace tonearm::cache {

/// Everything that a filling coroutine stands on; its end is the fill's, however it comes.
struct FillJob {
  FillJob(Store& with, std::shared_ptr<Entry> of, std::shared_ptr<Fill> as, Supply from)
      : store(with), entry(std::move(of)), fill(std::move(as)), supply(std::move(from)) {}
  ~FillJob();
  FillJob(const FillJob&) = delete;
  FillJob& operator=(const FillJob&) = delete;

  Store& store;
  const std::shared_ptr<Entry> entry;
  const std::shared_ptr<Fill> fill;
  const Supply supply;
  std::shared_ptr<Version> version;  ///< Once its fills hold this one.
  std::shared_ptr<Visit> visit;
};

/// The version is not kept any more; who reads it reads on. Its files go when the disk answers.
io::Task<void> throw_away(FillJob& job, std::shared_ptr<Version> version);
io::Task<void> throw_away(FillJob& job);
/// Of a version that the origin has called current: see Version::refresh().
io::Task<void> refresh(FillJob& job, std::shared_ptr<Version> version, http::Representation now);
/// Nothing of the song is to be kept any more, for a while.
io::Task<void> forbid(FillJob& job);

/// How long an answer that must not be kept spares others the wait for a visit.
inline constexpr std::chrono::seconds pass_for{60};

/// What would throw itself out before it is whole is not kept as a whole. `size` in bytes.
bool is_too_large(const Store& store, std::uint64_t size);

}  // namespace tonearm::cache
