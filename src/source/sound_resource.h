#pragma once

#include "tonearm/http/wav_layout.h"
#include "tonearm/source/sound.h"

#include "source/inner_bytes.h"

#include <memory>
#include <string>

namespace tonearm::source {

/// A header of its own before the sound of another resource, from a position on.
class SoundResource final : public Resource {
 public:
  SoundResource(std::unique_ptr<Resource> inner, SoundView view);

  void set_taker(io::Taker& taker) override { inner_->set_taker(taker); }
  io::Task<Result<http::Representation>> describe(const ReadIntent& intent) override;
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override;
  OriginUse origin_use() const override { return inner_->origin_use(); }
  CacheUse cache_use() const override { return inner_->cache_use(); }

 private:
  ReadIntent intent_below(const ReadIntent& intent);
  /// The same once the inner representation is known.
  http::ByteRanges parts_below(const ReadIntent& intent, http::Representation inner);
  io::Task<Result<http::WavLayout>> find_layout();
  io::Task<Result<void>> find_first_frame(http::Representation& what, io::Clock::time_point until);
  /// Of the position, bytes behind the first sample; saturates.
  std::uint64_t offset() const;
  /// `size` without what is less than a frame.
  std::uint64_t whole_frames(std::uint64_t size) const;
  /// These say what the WAV is, and make its header.
  void describe_sound(http::Representation& what);
  void describe_whole(http::Representation& what, std::uint64_t length);
  void describe_growth(http::Representation& what);
  void describe_pass(http::Representation& what);
  http::Validators own(http::Validators inner) const;

  std::unique_ptr<Resource> inner_;
  SoundView view_;
  InnerBytes bytes_;
  http::WavLayout layout_;
  std::string header_;
  std::uint64_t first_ = 0;  ///< Position of the first byte of sound in the inner resource.
  std::optional<std::uint64_t> end_;      ///< Where it ends there, as far as that is known.
  std::optional<std::uint64_t> existed_;  ///< Of what grows: how much there was.
};

}  // namespace tonearm::source
