#include "server/request_id.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace tonearm::server {
namespace {

constexpr std::size_t max_request_id_bytes = 128;
constexpr CharSet safe_chars = make_char_set("._~+/=-");

std::mt19937_64 seeded_generator() {
  std::random_device device;
  std::array<std::uint32_t, 16> words{};
  std::ranges::generate(words, [&] { return device(); });
  std::seed_seq seed(words.begin(), words.end());
  return std::mt19937_64(seed);
}

std::uint64_t random_bits() {
  thread_local std::mt19937_64 generator = seeded_generator();
  return generator();
}

}  // namespace

std::string make_request_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id(32, '0');
  for (std::size_t i = 0; i < id.size();) {
    std::uint64_t bits = random_bits();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id[i++] = digits[bits & 0xF];
  }
  return id;
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= max_request_id_bytes && consists_of(safe_chars, text);
}

std::string choose_request_id(const http::RequestHead& head, bool peer_is_trusted) {
  if (peer_is_trusted) {
    for (const auto& line : head.fields) {
      if (!iequals(line.name, "X-Request-Id")) continue;
      if (is_request_id(line.value)) return std::string(line.value);
      break;
    }
  }
  return make_request_id();
}

}  // namespace tonearm::server
