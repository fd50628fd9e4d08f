#pragma once

#include "cache/cached_resource.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace tonearm::cache {

/// Reads one range of a CachedResource: kept blocks as regions of their files, arriving ones from a
/// fill, and the rest from the origin when nothing can be kept.
class CachedResource::Reader final : public io::ByteReader {
 public:
  Reader(CachedResource& resource, std::uint64_t first, std::optional<std::uint64_t> end)
      : resource_(resource), version_(resource.version_), position_(first), end_(end) {}

  io::Task<Result<io::Chunk>> read() override;

 private:
  std::uint64_t reach(std::uint64_t end) const;
  bool is_in_memory(const Version::Look& kept) const;
  io::Chunk hand_out(Version::Look kept);
  io::Task<Result<bool>> ask_disk_or_turn(const Version::Look& look);
  io::Task<bool> ask_disk(const Version::Look& look);
  /// Empty: look again.
  io::Task<Result<std::optional<io::Chunk>>> read_arriving(std::uint64_t end);
  io::Task<Result<void>> turn_to_origin();
  io::Task<Result<io::Chunk>> read_direct();
  void note_progress();
  Result<std::optional<io::Chunk>> after(const Fill& fill);

  CachedResource& resource_;
  const std::shared_ptr<Version> version_;
  std::uint64_t position_;
  std::optional<std::uint64_t> end_;
  std::shared_ptr<io::Event> event_;  ///< Once it has to wait.
  // What the last chunk points into.
  Version::Look sent_;
  std::shared_ptr<ArrivingBlock> block_;
  std::unique_ptr<io::ByteReader> direct_;
  int in_vain_ = 0;          ///< Fills that ended without a byte for this reader.
  bool has_waited_ = false;  ///< At the fill, for the byte at `position_`.
  bool is_patient_ = false;  ///< Only the disk has what is next: it is waited for without end.
};

/// Hands on another's bytes and counts them.
class CountingReader final : public io::ByteReader {
 public:
  CountingReader(std::unique_ptr<io::ByteReader> from, std::uint64_t& count)
      : from_(std::move(from)), count_(count) {}

  io::Task<Result<io::Chunk>> read() override {
    Result<io::Chunk> chunk = co_await from_->read();
    if (chunk) count_ += chunk->size();
    co_return chunk;
  }

 private:
  const std::unique_ptr<io::ByteReader> from_;
  std::uint64_t& count_;
};

}  // namespace tonearm::cache
