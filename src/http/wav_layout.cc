#include "tonearm/http/wav_layout.h"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <limits>

namespace tonearm::http {
namespace {

constexpr std::size_t short_format = 16;
constexpr std::size_t long_format = 40;
/// Up to here a size has room behind any position and header. No file has more bytes.
constexpr std::uint64_t most_data = std::numeric_limits<std::uint64_t>::max() / 2;

const unsigned char* at(std::string_view bytes, std::size_t offset) {
  return reinterpret_cast<const unsigned char*>(bytes.data() + offset);
}
std::uint16_t u16(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_little_u16(at(bytes, offset));
}
std::uint32_t u32(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_little_u32(at(bytes, offset));
}
std::uint64_t u64(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_little_u64(at(bytes, offset));
}

bool has_fixed_frames(const WavFormat& format, std::uint16_t block_align) {
  switch (format.coding()) {
    case WavFormat::pcm:
    case WavFormat::ieee_float:
    case WavFormat::a_law:
    case WavFormat::mu_law:
      break;
    default:
      return false;
  }
  return format.channels > 0 && format.rate > 0 && format.bits > 0 && format.bits <= 64 &&
         block_align == format.frame_size();
}

}  // namespace

void WavLayoutReader::want(Step step, std::uint64_t first, std::uint64_t size) {
  if (first > std::numeric_limits<std::uint64_t>::max() - size) {
    state_ = State::not_wav;
    return;
  }
  step_ = step;
  wanted_ = ByteRange{first, first + size};
}

void WavLayoutReader::next_chunk() {
  if (++chunks_ > most_chunks) {
    state_ = State::not_wav;
  } else {
    want(Step::chunk_head, chunk_end_, 8);
  }
}

void WavLayoutReader::feed(std::string_view bytes) {
  if (state_ != State::reading) return;
  if (bytes.size() < wanted_.size()) {
    state_ = State::not_wav;
    return;
  }
  switch (step_) {
    case Step::riff:
      return read_riff(bytes);
    case Step::chunk_head:
      return read_chunk_head(bytes);
    case Step::format:
      return read_format(bytes);
    case Step::sizes:
      return read_sizes(bytes);
  }
}

void WavLayoutReader::read_riff(std::string_view bytes) {
  const std::string_view id = bytes.substr(0, 4);
  is_64_ = id == "RF64" || id == "BW64";
  if ((id != "RIFF" && !is_64_) || bytes.substr(8, 4) != "WAVE") {
    state_ = State::not_wav;
    return;
  }
  chunk_end_ = 12;
  next_chunk();
}

void WavLayoutReader::read_chunk_head(std::string_view bytes) {
  const std::string_view id = bytes.substr(0, 4);
  const std::uint32_t size = u32(bytes, 4);
  const std::uint64_t body = wanted_.end;
  if (id == "data") return begin_data(body, size);
  if (body > std::numeric_limits<std::uint64_t>::max() - size - 1) {
    state_ = State::not_wav;
    return;
  }
  chunk_end_ = body + size + (size & 1U);  // chunks begin at even positions
  if (id == "fmt ") {
    if (size < short_format) {
      state_ = State::not_wav;
      return;
    }
    return want(Step::format, body, size >= long_format ? long_format : short_format);
  }
  if (id == "ds64" && is_64_ && size >= 16) return want(Step::sizes, body, 16);
  next_chunk();
}

void WavLayoutReader::read_format(std::string_view bytes) {
  WavFormat& format = layout_.format;
  format = WavFormat{};
  format.tag = u16(bytes, 0);
  format.channels = u16(bytes, 2);
  format.rate = u32(bytes, 4);
  format.bits = u16(bytes, 14);
  if (format.tag == WavFormat::extensible) {
    if (bytes.size() < long_format) {
      state_ = State::not_wav;
      return;
    }
    std::copy_n(bytes.begin() + 18, format.extension.size(), format.extension.begin());
  }
  has_format_ = has_fixed_frames(format, u16(bytes, 12));
  if (has_format_) {
    next_chunk();
  } else {
    state_ = State::not_wav;
  }
}

/// EBU Tech 3306: the RIFF's size, then the sound's.
void WavLayoutReader::read_sizes(std::string_view bytes) {
  data_size_64_ = u64(bytes, 8);
  next_chunk();
}

void WavLayoutReader::begin_data(std::uint64_t first, std::uint32_t size) {
  if (!has_format_) {  // the standard wants it before the sound
    state_ = State::not_wav;
    return;
  }
  layout_.data_first = first;
  layout_.data_size = size;
  if (is_64_ && size == unknown_wav_size) layout_.data_size = data_size_64_;
  const auto& said = layout_.data_size;
  if (said == unknown_wav_size || said == 0U || (said && *said > most_data)) {
    layout_.data_size.reset();
  }
  state_ = State::found;
}

}  // namespace tonearm::http
