#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::http {

/// How sound lies in a WAV: the `fmt ` chunk (Microsoft's WAVEFORMATEX and WAVEFORMATEXTENSIBLE),
/// of those codings alone in which a sample frame has a fixed size.
struct WavFormat {
  static constexpr std::uint16_t pcm = 1;
  static constexpr std::uint16_t ieee_float = 3;
  static constexpr std::uint16_t a_law = 6;
  static constexpr std::uint16_t mu_law = 7;
  static constexpr std::uint16_t extensible = 0xFFFE;

  std::uint16_t tag = pcm;
  std::uint16_t channels = 1;
  std::uint32_t rate = 0;  ///< Sample frames a second.
  std::uint16_t bits = 0;  ///< Of one sample, as it is stored.
  /// Of WAVE_FORMAT_EXTENSIBLE: valid bits, channel mask, coding (GUID).
  std::array<char, 22> extension{};

  /// Bytes of one sample frame.
  std::uint32_t frame_size() const { return channels * ((bits + 7U) / 8U); }
  std::uint64_t byte_rate() const { return std::uint64_t{rate} * frame_size(); }
  /// The coding, also where the tag is `extensible`.
  std::uint16_t coding() const;

  friend bool operator==(const WavFormat&, const WavFormat&) = default;
};

/// `s16le/16000/1`: encoding (u8, s16le, s24le, s32le, f32le), rate (1 to 768000), channels (1 to
/// 8). More than two channels or 16 bits of integer are WAVE_FORMAT_EXTENSIBLE. Empty when it is
/// none of these.
std::optional<WavFormat> parse_pcm_format(std::string_view text);

/// The largest WAV: its RIFF size is 0xFFFFFFFF, and 8 bytes stand before.
inline constexpr std::uint64_t largest_wav = 4'294'967'303;

/// What a RIFF says of a size that is not known, or too large for 32 bits (EBU Tech 3306).
inline constexpr std::uint32_t unknown_wav_size = 0xFFFFFFFF;

/// All that stands before the samples. `data_size`: bytes of sound, less than 2^63; empty: not
/// known yet, and the sizes say 0xFFFFFFFF. What a RIFF cannot hold is an RF64 (EBU Tech 3306). 44
/// bytes for PCM of one or two channels and at most 16 bits.
std::string wav_header(const WavFormat& format, std::optional<std::uint64_t> data_size);

/// A number of seconds as a client wrote it, exactly.
class SoundPosition {
 public:
  /// A plain decimal: digits, or digits, a point and digits. Empty for anything else.
  static std::optional<SoundPosition> parse(std::string_view text);
  /// The sample frame at this time, rounded down; saturates.
  std::uint64_t frame(std::uint32_t rate) const;

 private:
  std::uint64_t seconds_ = 0;  ///< Saturates.
  std::string fraction_;       ///< The digits behind the point.
};

}  // namespace tonearm::http
