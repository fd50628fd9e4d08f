#pragma once

#include "tonearm/http/wav.h"
#include "tonearm/source/resource.h"

#include <chrono>
#include <memory>
#include <optional>

namespace tonearm::source {

/// How a resource's bytes are to be heard.
struct SoundView {
  /// They are raw samples of this format; empty: whatever they are.
  std::optional<http::WavFormat> pcm;
  /// From here on; empty: from the start.
  std::optional<http::SoundPosition> position;
  /// How long describe() looks in what has no length for where the position lies, before or behind
  /// its end. It is taken to lie before what has not come by then.
  std::chrono::milliseconds patience{10'000};

  bool changes_nothing() const { return !pcm && !position; }
};

/// The sound in `inner` as a WAV of its own: a header, then the samples from `position` on. Without
/// `pcm`, `inner` must be a WAV itself: describe() is bad_request when it is none. Length, ranges
/// and ETag are the new WAV's; Last-Modified stays, but where `inner` has no length: then there are
/// no validators. Returns `inner` where nothing is changed.
std::unique_ptr<Resource> view_as_wav(std::unique_ptr<Resource> inner, SoundView view);

}  // namespace tonearm::source
