#include "server/json_line.h"

#include <nlohmann/json.hpp>

namespace tonearm::server {
namespace {

std::string line_of(const nlohmann::ordered_json& value, bool ascii) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  std::string line = value.dump(-1, ' ', ascii, Handler::replace);
  line += '\n';
  return line;
}

}  // namespace

std::string json_line(const nlohmann::ordered_json& value) { return line_of(value, false); }

std::string ascii_json_line(const nlohmann::ordered_json& value) { return line_of(value, true); }

nlohmann::ordered_json text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return text;
}

}  // namespace tonearm::server
