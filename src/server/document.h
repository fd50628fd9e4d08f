#pragma once

#include "tonearm/http/validators.h"

#include "server/request.h"

#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// A whole answer of ours that a client may keep, but asks each time whether it still holds: what
/// is new counts at once.
struct Document {
  std::string_view content_type;  ///< A literal.
  std::string body;
  std::string policy = "sandbox";            ///< Its Content-Security-Policy.
  std::optional<http::EntityTag> etag = {};  ///< Strong; made of the body where there is none.
  std::string_view cache_control = "private, no-cache";
  std::string_view content_encoding = {};  ///< Of the body; empty: none.
  bool varies = false;                     ///< Whether Accept-Encoding chose the body.
};

/// Sends it, or 304 (or 412) where the request's preconditions say so (RFC 9110 §13.2.2).
io::Task<Result<void>> send_document(const Request& request, Responder& responder,
                                     Document document);

}  // namespace tonearm::server
