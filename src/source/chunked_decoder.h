#pragma once

#include "tonearm/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tonearm::source {

/// Decodes the chunked transfer coding (RFC 9112 §7.1) where it stands. Chunk extensions and the
/// trailer section are read and forgotten, 16 KiB at the most for each chunk and for the
/// section; a line may end with LF alone (§2.2). Pure.
class ChunkedDecoder {
 public:
  struct Decoded {
    std::size_t taken = 0;    ///< Bytes that were of the message.
    std::size_t content = 0;  ///< Bytes of content, which now stand at the front.
    /// Of what comes behind them; the decoder is of no more use then.
    std::optional<Error> fault;
  };

  /// The next bytes of the message. All are taken unless it has ended.
  Decoded decode(std::span<std::byte> bytes);
  /// Behind the last chunk and its trailer section.
  bool complete() const { return state_ == State::complete; }

 private:
  enum class State : std::uint8_t {
    size,       ///< Before the first digit, or behind one.
    extension,  ///< Up to the end of the line with the size.
    data,
    data_end,  ///< The line end behind a chunk's data.
    trailer,
    complete,
  };

  Result<void> read_byte(char byte);
  Result<void> read_size(char byte);
  void end_size_line();

  State state_ = State::size;
  unsigned digits_ = 0;
  std::uint64_t left_ = 0;          ///< Of the chunk's data.
  std::size_t aside_ = 0;           ///< Bytes of a chunk's extensions, or of the trailer section.
  std::size_t trailer_length_ = 0;  ///< Of the line that is being read.
};

}  // namespace tonearm::source
