#pragma once

#include "server/request.h"

namespace tonearm::server {

/// The handler of the admin listener.
io::Task<Result<void>> handle_admin_request(const Request& request, Responder& responder);

}  // namespace tonearm::server
