#pragma once

#include "tonearm/base/result.h"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::http {

using boost::beast::http::field;
using boost::beast::http::verb;

inline constexpr std::size_t max_head_bytes = 16 * 1024;
inline constexpr std::size_t max_target_bytes = 8 * 1024;

/// A request head that was read. All views point into the text that it was parsed from, which the
/// owner keeps alive and unchanged.
struct RequestHead {
  struct Field {
    field id;  ///< field::unknown for names that Beast does not know.
    std::string_view name;
    std::string_view value;
  };

  verb method = verb::unknown;
  std::string_view method_text;
  std::string_view target;
  unsigned version = 11;  ///< 10 or 11. A later 1.x counts as 11.
  std::vector<Field> fields;
  bool keep_alive = true;            ///< RFC 9112 §9.3.
  std::uint64_t content_length = 0;  ///< 0 when there is none.
  bool chunked = false;              ///< A chunked request body follows.

  /// The first field of this id, empty when absent.
  std::string_view get(field id) const;
  std::string_view get(std::string_view name) const;
  bool has(field id) const;
  /// All lines of one list-valued field joined by ", " (RFC 9110 §5.3); `storage` is used only when
  /// there are several.
  std::string_view get_combined(field id, std::string& storage) const;
};

/// Where a head begins: behind empty lines, which a server ignores (RFC 9112 §2.2).
std::size_t find_head_start(std::string_view received);

/// The end of the head that `received` begins with: the offset behind the empty line, or nothing
/// while it has not come.
std::optional<std::size_t> find_head_end(std::string_view received);

/// Reads a complete head, its empty line included. Errors (all of the client's party):
/// bad_request for ambiguous framing (Content-Length with Transfer-Encoding, two lengths, obs-fold,
/// bare CR or LF, unknown transfer coding, HTTP/1.1 without exactly one Host: RFC 9112 §3.2, §5.2,
/// §6.3), target_too_long, header_section_too_large, version_not_supported for other than HTTP/1.x.
Result<RequestHead> parse_request_head(std::string_view head);

}  // namespace tonearm::http
