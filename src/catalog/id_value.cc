#include "catalog/id_value.h"

#include "tonearm/http/target.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tonearm::catalog {
namespace {

std::optional<std::int64_t> whole_number(double value) {
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (value != std::trunc(value) || std::abs(value) > exact) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

/// Any bytes, valid until the value is asked for something else.
std::string_view bytes_of(sqlite3_value* value) {
  // A BLOB is no text of another encoding, and asking for its text would make it one.
  const void* const bytes = sqlite3_value_type(value) == SQLITE_BLOB
                                ? sqlite3_value_blob(value)
                                : static_cast<const void*>(sqlite3_value_text(value));
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void is_song_id_in_sql(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int(context, is_song_id(values[0]) ? 1 : 0);
}

}  // namespace

std::string id_text(sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_FLOAT) {
    const auto number = whole_number(sqlite3_value_double(value));
    if (number) return std::to_string(*number);
  }
  return std::string(bytes_of(value));
}

bool is_song_id(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return true;
    case SQLITE_FLOAT:
      return whole_number(sqlite3_value_double(value)).has_value();
    case SQLITE_TEXT:
      return http::is_song_id(bytes_of(value));
    default:
      return false;
  }
}

void define_is_song_id(sqlite3* connection) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  sqlite3_create_function_v2(connection, "tonearm_is_song_id", 1, flags, nullptr,
                             &is_song_id_in_sql, nullptr, nullptr, nullptr);
}

}  // namespace tonearm::catalog
