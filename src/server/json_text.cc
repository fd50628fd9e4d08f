#include "server/json_text.h"

#include "tonearm/base/number.h"
#include "tonearm/base/utf8.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <system_error>

namespace tonearm::server {
namespace {

bool must_be_escaped(std::string_view character) {
  return is_control(character) || character == "\"" || character == "\\";
}

void append_escaped(std::string& out, std::string_view character) {
  unsigned code = static_cast<unsigned char>(character[0]);
  if (code == '"' || code == '\\') {
    out += '\\';
    out += character;
    return;
  }
  if (character.size() == 2) code = static_cast<unsigned char>(character[1]);
  if (character.size() == 3) code = character == "\u2028" ? 0x2028 : 0x2029;
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", code & 0xFFFFU);
  out += text.data();
}

bool is_exact_integer(std::string_view text) {
  constexpr std::int64_t most = (std::int64_t{1} << 53) - 1;
  const auto value = parse_number<std::int64_t>(text);
  return value && -most <= *value && *value <= most && std::to_string(*value) == text;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    const std::string_view character = text.substr(0, length);
    if (must_be_escaped(character)) {
      append_escaped(out, character);
    } else {
      out += character;
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void append_json_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_json_id(std::string& out, std::string_view id) {
  if (is_exact_integer(id)) {
    out += id;
  } else {
    append_json_string(out, id);
  }
}

void append_json_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_json_time(std::string& out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "\"%04d-%02u-%02uT%02d:%02d:%02d.%03dZ\"",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  out += text.data();
}

}  // namespace tonearm::server
