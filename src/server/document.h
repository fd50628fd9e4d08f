#pragma once

#include "server/request.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// A whole answer that was made for this request.
struct Document {
  std::string_view content_type;  ///< A literal.
  std::string body;
};

/// Sends it with an ETag of its content, or 304 (or 412) where the request's preconditions say so.
/// A client may keep it, but asks each time whether it still holds: a new row counts at once.
io::Task<Result<void>> send_document(const Request& request, Responder& responder,
                                     Document document);

}  // namespace tonearm::server
