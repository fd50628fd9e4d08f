#pragma once

#include "tonearm/io/byte_stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tonearm::source {

/// Of growing sound: hands on whole sample frames only. A frame that is begun waits for its rest,
/// and when growing ends before that comes it is left out, as of a file that has ended.
class WholeFrames final : public io::ByteReader {
 public:
  /// What passes as it comes, in bytes.
  struct Passing {
    std::uint64_t lead = 0;  ///< Before the first frame that begins here: header, rest of a frame.
    std::uint64_t all = 0;   ///< Asked for in all: who gets so much wants no more frames.
  };

  /// `sound` hands out memory only.
  WholeFrames(std::unique_ptr<io::ByteReader> sound, std::size_t frame_size, Passing passing);

  io::Task<Result<io::Chunk>> read() override;

 private:
  using Bytes = std::span<const std::byte>;

  /// The next `count` of what has come.
  Bytes take(std::size_t count);
  /// Goes on with the frame that is begun; all of it once it is whole.
  Bytes complete_frame();
  Bytes take_frames();
  /// What has come of the frame that is begun, whole or not; there is none then.
  Bytes take_begun();

  std::unique_ptr<io::ByteReader> sound_;
  std::size_t frame_size_;
  Passing passing_;
  Bytes come_;                    ///< Of the last chunk, what is not handed on.
  std::vector<std::byte> begun_;  ///< Of one frame.
  std::vector<std::byte> taken_;  ///< What take_begun() gave last.
};

}  // namespace tonearm::source
