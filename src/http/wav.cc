#include "tonearm/http/wav.h"

#include "tonearm/base/number.h"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <limits>

namespace tonearm::http {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

/// KSDATAFORMAT_SUBTYPE_…: the tag in its first two bytes, then this.
constexpr std::array<unsigned char, 14> coding_guid_tail{0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                                         0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};

template <class Number>
void append(std::string& out, Number value) {
  const Number little = boost::endian::native_to_little(value);
  std::array<char, sizeof(Number)> bytes{};
  std::copy_n(reinterpret_cast<const char*>(&little), sizeof(Number), bytes.begin());
  out.append(bytes.data(), bytes.size());
}

template <class Number>
std::optional<Number> parse_within(std::string_view text, Number least, Number greatest) {
  const auto value = parse_number<Number>(text);
  return value && *value >= least && *value <= greatest ? value : std::nullopt;
}

/// The customary speakers of so many channels, as ffmpeg has them.
std::uint32_t channel_mask(std::uint16_t channels) {
  constexpr std::array<std::uint32_t, 9> masks{0, 0x4, 0x3, 0xB, 0x107, 0x37, 0x3F, 0x70F, 0x63F};
  return channels < masks.size() ? masks[channels] : 0;
}

std::array<char, 22> make_extension(const WavFormat& format) {
  std::string text;
  append(text, format.bits);
  append(text, channel_mask(format.channels));
  append(text, format.tag);
  for (const unsigned char byte : coding_guid_tail) text += static_cast<char>(byte);
  std::array<char, 22> extension{};
  std::copy(text.begin(), text.end(), extension.begin());
  return extension;
}

/// WAVEFORMAT for PCM; for all else the extension's size follows, and it.
std::string format_chunk(const WavFormat& format) {
  std::string body;
  append(body, format.tag);
  append(body, format.channels);
  append(body, format.rate);
  append(body, static_cast<std::uint32_t>(std::min<std::uint64_t>(format.byte_rate(), 0xFFFFFFFF)));
  append(body, static_cast<std::uint16_t>(format.frame_size()));
  append(body, format.bits);
  if (format.tag == WavFormat::extensible) {
    append(body, std::uint16_t{22});
    body.append(format.extension.data(), format.extension.size());
  } else if (format.tag != WavFormat::pcm) {
    append(body, std::uint16_t{0});
  }
  return body;
}

std::uint32_t narrow(std::uint64_t size) { return static_cast<std::uint32_t>(size); }

struct Encoding {
  std::string_view name;
  std::uint16_t tag;
  std::uint16_t bits;
};
constexpr std::array<Encoding, 5> encodings{{{"u8", WavFormat::pcm, 8},
                                             {"s16le", WavFormat::pcm, 16},
                                             {"s24le", WavFormat::pcm, 24},
                                             {"s32le", WavFormat::pcm, 32},
                                             {"f32le", WavFormat::ieee_float, 32}}};

}  // namespace

std::uint16_t WavFormat::coding() const {
  if (tag != extensible) return tag;
  const auto tail_matches = [](char have, unsigned char want) {
    return static_cast<unsigned char>(have) == want;
  };
  if (!std::equal(extension.begin() + 8, extension.end(), coding_guid_tail.begin(), tail_matches)) {
    return 0;
  }
  return boost::endian::load_little_u16(
      reinterpret_cast<const unsigned char*>(extension.data() + 6));
}

std::optional<WavFormat> parse_pcm_format(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto second = text.find('/', slash + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto name = text.substr(0, slash);
  const auto encoding = std::find_if(encodings.begin(), encodings.end(),
                                     [&](const Encoding& one) { return one.name == name; });
  const auto rate =
      parse_within<std::uint32_t>(text.substr(slash + 1, second - slash - 1), 1, 768'000);
  const auto channels = parse_within<std::uint16_t>(text.substr(second + 1), 1, 8);
  if (encoding == encodings.end() || !rate || !channels) return std::nullopt;
  WavFormat format;
  format.tag = encoding->tag;
  format.channels = *channels;
  format.rate = *rate;
  format.bits = encoding->bits;
  if (format.channels > 2 || (format.tag == WavFormat::pcm && format.bits > 16)) {
    format.extension = make_extension(format);
    format.tag = WavFormat::extensible;
  }
  return format;
}

std::string wav_header(const WavFormat& format, std::optional<std::uint64_t> data_size) {
  const std::string body = format_chunk(format);
  const bool fact = format.coding() != WavFormat::pcm;
  // WAVE, then a head of 8 bytes for each chunk.
  const std::uint64_t around = 4 + 8 + body.size() + (fact ? 12 : 0) + 8;
  const bool large = data_size && *data_size >= unknown_wav_size - around;
  const bool narrow_sizes = data_size && !large;
  const std::uint64_t frames = data_size ? *data_size / std::max(1U, format.frame_size()) : 0;

  std::string header = large ? "RF64" : "RIFF";
  append(header, narrow_sizes ? narrow(around + *data_size) : unknown_wav_size);
  header += "WAVE";
  if (large) {
    header += "ds64";
    append(header, std::uint32_t{28});
    append(header, around + 36 + *data_size);
    append(header, *data_size);
    append(header, frames);
    append(header, std::uint32_t{0});
  }
  header += "fmt ";
  append(header, narrow(body.size()));
  header += body;
  if (fact) {
    header += "fact";
    append(header, std::uint32_t{4});
    append(header, narrow_sizes ? narrow(frames) : unknown_wav_size);
  }
  header += "data";
  append(header, narrow_sizes ? narrow(*data_size) : unknown_wav_size);
  return header;
}

std::optional<SoundPosition> SoundPosition::parse(std::string_view text) {
  const auto is_digits = [](std::string_view digits) {
    return !digits.empty() &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!is_digits(whole)) return std::nullopt;
  SoundPosition position;
  if (point != std::string_view::npos) {
    if (!is_digits(text.substr(point + 1))) return std::nullopt;
    position.fraction_ = text.substr(point + 1);
  }
  for (const char c : whole) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    const bool wraps = position.seconds_ > (most - digit) / 10;
    position.seconds_ = wraps ? most : position.seconds_ * 10 + digit;
  }
  return position;
}

std::uint64_t SoundPosition::frame(std::uint32_t rate) const {
  // From the last digit on: ⌊(n + x) / 10⌋ = ⌊(n + ⌊x⌋) / 10⌋, so that nothing is lost.
  std::uint64_t below = 0;
  for (auto digit = fraction_.rbegin(); digit != fraction_.rend(); ++digit) {
    below = (static_cast<std::uint64_t>(*digit - '0') * rate + below) / 10;
  }
  if (rate != 0 && seconds_ > (most - below) / rate) return most;
  return seconds_ * rate + below;
}

}  // namespace tonearm::http
