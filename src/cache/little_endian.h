#pragma once

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace tonearm::cache {

/// A number as it stands in the cache's files, whatever the machine.
template <class Number>
std::array<char, sizeof(Number)> little_endian(Number number) {
  std::array<unsigned char, sizeof(Number)> bytes{};
  boost::endian::endian_store<Number, sizeof(Number), boost::endian::order::little>(bytes.data(),
                                                                                    number);
  std::array<char, sizeof(Number)> text{};
  std::copy(bytes.begin(), bytes.end(), text.begin());
  return text;
}

template <class Number>
void append_little_endian(std::string& out, Number number) {
  const auto bytes = little_endian(number);
  out.append(bytes.data(), bytes.size());
}

/// `bytes`: as many as the number has.
template <class Number>
Number load_little_endian(const void* bytes) {
  return boost::endian::endian_load<Number, sizeof(Number), boost::endian::order::little>(
      static_cast<const unsigned char*>(bytes));
}

}  // namespace tonearm::cache
