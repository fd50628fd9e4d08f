#pragma once

#include "tonearm/io/byte_stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tonearm::source {

/// Of sound whose end nobody has told: hands on whole sample frames only. A frame that is begun
/// waits for its rest, and when the sound ends before that comes it is left out, as of a file that
/// has ended.
class WholeFrames final : public io::ByteReader {
 public:
  /// What passes as it comes, in bytes.
  struct Passing {
    std::uint64_t lead = 0;  ///< Before the first frame that begins here: header, rest of a frame.
    std::uint64_t all = 0;   ///< Asked for in all: who gets so much wants no more frames.
  };

  WholeFrames(std::unique_ptr<io::ByteReader> sound, std::size_t frame_size, Passing passing);

  io::Task<Result<io::Chunk>> read() override;

 private:
  /// The next `count` of what has come.
  io::Chunk take(std::uint64_t count);
  /// Of what has come, what can be handed on now; nothing when more must come first.
  Result<io::Chunk> hand_on();
  /// Goes on with the frame that is begun; all of it once it is whole.
  Result<io::Chunk> complete_frame();
  Result<io::Chunk> take_frames();
  /// What has come of the frame that is begun, whole or not; there is none then.
  io::Chunk take_begun();

  std::unique_ptr<io::ByteReader> sound_;
  std::size_t frame_size_;
  Passing passing_;
  io::Chunk come_;     ///< Of the last chunk, what is not handed on.
  std::string begun_;  ///< Of one frame.
  std::string taken_;  ///< What take_begun() gave last.
};

}  // namespace tonearm::source
