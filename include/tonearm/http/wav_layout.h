#pragma once

#include "tonearm/http/range.h"
#include "tonearm/http/wav.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tonearm::http {

/// Where the sound lies in a WAV.
struct WavLayout {
  WavFormat format;
  std::uint64_t data_first = 0;  ///< Position of the first sample.
  /// Bytes of sound as the header says, not yet held against the length of the file; less than
  /// 2^63. Empty: the writer did not know (0xFFFFFFFF or 0), or says more than any file has.
  std::optional<std::uint64_t> data_size;
};

/// Reads the chunks of a WAV until the sound begins: RIFF, RF64 and BW64, in any order, others
/// skipped unread. It says which bytes it wants and is fed those, so that it can read through
/// anything. Trusts no size; reads at most `most_chunks` chunk heads.
class WavLayoutReader {
 public:
  static constexpr unsigned most_chunks = 64;

  enum class State : std::uint8_t {
    reading,  ///< Feed it wanted().
    found,    ///< layout() says.
    not_wav,  ///< No WAV, or none whose sample frames have a fixed size.
  };

  State state() const { return state_; }
  /// The bytes that it needs next; never empty. They do not lie below what it wanted before.
  ByteRange wanted() const { return wanted_; }
  /// The bytes of wanted(); fewer where the file ends, and then it is no WAV.
  void feed(std::string_view bytes);
  const WavLayout& layout() const { return layout_; }

 private:
  enum class Step : std::uint8_t { riff, chunk_head, format, sizes };

  void read_riff(std::string_view bytes);
  void read_chunk_head(std::string_view bytes);
  void read_format(std::string_view bytes);
  void read_sizes(std::string_view bytes);
  void begin_data(std::uint64_t first, std::uint32_t size);
  void want(Step step, std::uint64_t first, std::uint64_t size);
  /// Goes on with the chunk behind this one.
  void next_chunk();

  State state_ = State::reading;
  Step step_ = Step::riff;
  ByteRange wanted_{0, 12};
  WavLayout layout_;
  bool has_format_ = false;
  bool is_64_ = false;                         ///< RF64 or BW64.
  std::optional<std::uint64_t> data_size_64_;  ///< What ds64 says.
  std::uint64_t chunk_end_ = 0;                ///< Padding included.
  unsigned chunks_ = 0;
};

}  // namespace tonearm::http
