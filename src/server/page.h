#pragma once

#include "server/request.h"

#include <string_view>

namespace tonearm::server {

/// The page at `/` as it was built in: HTML with its style and its script, nothing else to load.
extern const std::string_view page_text;

/// GET and HEAD of `/`: the page, compressed for who takes gzip, under a policy that allows its own
/// script and style alone.
io::Task<Result<void>> send_page(const Request& request, Responder& responder);

}  // namespace tonearm::server
