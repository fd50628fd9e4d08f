#pragma once

#include "app/values.h"

#include <string>
#include <utility>
#include <vector>

namespace tonearm::app {

/// What may stand in one key: the complaint about a value of the right type but a wrong meaning.
Complaint check_listen(const std::string& text);
Complaint check_cidr(const std::string& text);
Complaint check_origin(const std::string& text);
Complaint check_log_level(const std::string& text);
Complaint check_base_url(const std::string& text);
Complaint check_public_url(const std::string& text);
Complaint check_endpoint(const std::string& text);
Complaint check_region(const std::string& text);
Complaint check_not_empty(const std::string& text);
/// Empty text is no file, and fine.
Complaint check_readable_file(const std::string& path);
Complaint check_field_value(const std::string& text);
Complaint check_request_field(const std::pair<std::string, std::string>& field);
Complaint check_resolver_name(const std::string& name);
Complaint check_resolver_command(const std::vector<std::string>& command);

}  // namespace tonearm::app
