#include "source/chunked_decoder.h"

#include <algorithm>
#include <cstring>

namespace tonearm::source {
namespace {

constexpr std::size_t most_aside = 16 * 1024;
constexpr unsigned most_digits = 16;  // of 64 bits

Error chunk_fault(const char* what) { return {ErrorKind::http_protocol_error, what, {}}; }

std::optional<unsigned> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return std::nullopt;
}

}  // namespace

ChunkedDecoder::Decoded ChunkedDecoder::decode(std::span<std::byte> bytes) {
  Decoded decoded;
  while (decoded.taken < bytes.size() && !complete()) {
    if (state_ == State::data) {
      const auto rest = bytes.subspan(decoded.taken);
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      std::memmove(bytes.data() + decoded.content, rest.data(), count);
      decoded.taken += count;
      decoded.content += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    Result<void> read = read_byte(static_cast<char>(bytes[decoded.taken++]));
    if (!read) {
      decoded.fault = read.error();
      break;
    }
  }
  return decoded;
}

Result<void> ChunkedDecoder::read_byte(char byte) {
  switch (state_) {
    case State::size:
      return read_size(byte);
    case State::extension:
      if (byte == '\n') {
        end_size_line();
      } else if (++aside_ > most_aside) {
        return chunk_fault("more than 16 KiB of a chunk's extensions");
      }
      break;
    case State::data_end:
      if (byte == '\n') {
        state_ = State::size;
      } else if (byte != '\r') {
        return chunk_fault("a chunk of the origin's is longer than its size says");
      }
      break;
    case State::trailer:
      if (++aside_ > most_aside) return chunk_fault("more than 16 KiB of trailer fields");
      if (byte == '\n') {
        if (trailer_length_ == 0) state_ = State::complete;
        trailer_length_ = 0;
      } else if (byte != '\r') {
        ++trailer_length_;
      }
      break;
    case State::data:
    case State::complete:
      break;
  }
  return {};
}

Result<void> ChunkedDecoder::read_size(char byte) {
  if (const auto value = hex_value(byte)) {
    if (++digits_ > most_digits) return chunk_fault("a chunk size of the origin's is too large");
    left_ = left_ << 4 | *value;
    return {};
  }
  if (digits_ == 0) return chunk_fault("a chunk of the origin's has no size");
  if (byte == '\n') {
    end_size_line();
    return {};
  }
  // Blanks behind the size are no grammar, and written by some.
  if (byte != '\r' && byte != ';' && byte != ' ' && byte != '\t') {
    return chunk_fault("a chunk size of the origin's is no number");
  }
  state_ = State::extension;
  return {};
}

void ChunkedDecoder::end_size_line() {
  digits_ = 0;
  aside_ = 0;
  state_ = left_ == 0 ? State::trailer : State::data;
}

}  // namespace tonearm::source
