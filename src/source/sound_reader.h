#pragma once

#include "tonearm/io/byte_stream.h"

#include "source/inner_bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tonearm::source {

/// What a SoundReader reads: some bytes of a header, then of the resource behind it.
struct SoundSpan {
  std::string_view header;           ///< The SoundResource's.
  std::uint64_t first = 0;           ///< Position in the inner resource.
  std::optional<std::uint64_t> end;  ///< Empty: to wherever that ends.
  bool sound = true;                 ///< False: the header alone.
};

class SoundReader final : public io::ByteReader {
 public:
  SoundReader(Resource& inner, InnerBytes& bytes, SoundSpan span)
      : inner_(inner), bytes_(bytes), span_(span) {}

  io::Task<Result<io::Chunk>> read() override;

 private:
  io::Task<Result<io::Chunk>> read_sound();
  io::Task<Result<io::Chunk>> read_pass();
  /// Counts it as read, and cuts off what lies behind the end.
  io::Chunk take(const io::Chunk& chunk);

  Resource& inner_;
  InnerBytes& bytes_;
  SoundSpan span_;
  std::unique_ptr<io::ByteReader> reader_;
  bool began_ = false;
};

}  // namespace tonearm::source
