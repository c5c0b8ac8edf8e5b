/* SPDX-License-Identifier: Apache-2.0 */
/* What the room aws reads and decides without a network: credentials, region, endpoint, and what a refusal means. */
#include "test_pure.h"

#include "module/aws/aws_private.h"

#include <goose-bridge/clock.h>

static struct credentials c;

static bool read_file(const char *text, const char *profile)
{
	char *copy = (char *)exact(text, strlen(text));
	bool good = credentials_read_file(copy, strlen(text), profile, &c);

	free(copy);
	return good;
}

static void files_of_credentials(void **state)
{
	static const char file[] = "# made by hand\n"
				   "aws_access_key_id = OUTSIDE\n"
				   "[default]\n"
				   "aws_access_key_id = AKIADEFAULT\n"
				   "aws_secret_access_key = abc/+=\n"
				   "region = eu-central-1\n"
				   "; aws_session_token = not\n"
				   "\n"
				   "[ two words ]\r\n"
				   "  AWS_Access_Key_Id=AKIATWO  \r\n"
				   "aws_secret_access_key =\tdef\r\n"
				   "aws_session_token = ghi==\r\n"
				   "[half]\n"
				   "aws_access_key_id = AKIAHALF\n"
				   "[default-2]\n"
				   "aws_access_key_id = AKIALAST\n"
				   "aws_secret_access_key = x"; /* no line end */

	(void)state;
	assert_true(read_file(file, "default"));
	assert_string_equal(c.key, "AKIADEFAULT");
	assert_string_equal(c.secret, "abc/+=");
	assert_string_equal(c.token, "");
	assert_true(c.expires_utc_ns == 0);
	assert_true(read_file(file, "two words"));
	assert_string_equal(c.key, "AKIATWO");
	assert_string_equal(c.secret, "def");
	assert_string_equal(c.token, "ghi==");
	assert_true(read_file(file, "default-2"));
	assert_string_equal(c.secret, "x");
	assert_false(read_file(file, "half"));
	assert_false(read_file(file, "none"));
	assert_false(read_file(file, "defaul"));
	assert_false(read_file(file, ""));
	assert_false(read_file("", "default"));
	assert_false(read_file("[default", "default"));
}

/* What would end a header, or is longer than there can be, makes the profile none. */
static void hostile_files_of_credentials(void **state)
{
	char text[CREDENTIALS_TOKEN + 200], key[200];

	(void)state;
	assert_false(read_file("[p]\naws_access_key_id=A\naws_secret_access_key=b\naws_session_token=c\x01" "d\n", "p"));
	assert_false(read_file("[p]\naws_access_key_id=A B\naws_secret_access_key=b\n", "p"));
	assert_false(read_file("[p]\naws_access_key_id=A\raws_secret_access_key=b\n", "p"));
	assert_false(credentials_read_file("[p]\naws_access_key_id=A\0\naws_secret_access_key=b\n", 51, "p", &c));
	memset(key, 'A', sizeof(key));
	snprintf(text, sizeof(text), "[p]\naws_access_key_id=%.*s\naws_secret_access_key=b\n", CREDENTIALS_KEY - 1, key);
	assert_true(read_file(text, "p"));
	snprintf(text, sizeof(text), "[p]\naws_access_key_id=%.*s\naws_secret_access_key=b\n", CREDENTIALS_KEY, key);
	assert_false(read_file(text, "p"));
	strcpy(text, "[p]\naws_access_key_id=A\naws_secret_access_key=b\naws_session_token=");
	memset(text + strlen(text), 'x', CREDENTIALS_TOKEN);
	text[66 + CREDENTIALS_TOKEN] = '\0';
	assert_false(read_file(text, "p"));
}

static bool read_json(const char *text)
{
	char *copy = (char *)exact(text, strlen(text));
	bool good = credentials_read_json(copy, strlen(text), &c);

	free(copy);
	return good;
}

static void json_of_roles_and_containers(void **state)
{
	(void)state;
	assert_true(read_json("{\"Code\":\"Success\",\"LastUpdated\":\"2026-01-31T11:00:00Z\",\"Type\":\"AWS-HMAC\","
			      "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s/+\",\"Token\":\"t==\","
			      "\"Expiration\":\"2026-01-31T12:00:00Z\"}"));
	assert_string_equal(c.key, "ASIA");
	assert_string_equal(c.secret, "s/+");
	assert_string_equal(c.token, "t==");
	assert_true(c.expires_utc_ns == UINT64_C(1769860800) * GB_NS_PER_S);
	assert_true(read_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}"));
	assert_true(c.expires_utc_ns == 0);
	assert_false(read_json("{\"Code\":\"Failed\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"A\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"s\"}"));
	assert_false(read_json("{\"AccessKeyId\":1,\"SecretAccessKey\":\"s\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Token\":\"a\\r\\nX-Evil: 1\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Token\":\"a\\u0000b\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"tomorrow\"}"));
	assert_false(read_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":"));
	assert_false(read_json("[]"));
	assert_false(read_json("<html>"));
	assert_false(read_json(""));
}

static void places_of_container_credentials(void **state)
{
	static const char *const good[] = {
		"http://169.254.170.2/v2/credentials", "http://169.254.170.23/v1/credentials", "http://127.0.0.1:1338/latest",
		"http://127.9.9.9/", "http://[::1]:80/x", "http://[fd00:ec2::23]/v1", "http://localhost/x",
		"HTTP://LOCALHOST:1/x",
		"https://credentials.example/x"};
	static const char *const bad[] = {
		"", "http://", "https://", "https:///x", "ftp://127.0.0.1/", "http://10.1.2.3/x", "http://169.254.170.20/x",
		"http://169.254.170.2.example/x", "http://127.0.0.1@10.1.2.3/x", "http://localhost:x@10.1.2.3/",
		"http://localhost.example/", "http://[::1].example/", "http://[::2]/", "http://127.0.0.1\\@10.1.2.3/",
		"http://127.0.0.1/ x", "http://127.0.0.1#@10.1.2.3/", "http://[::1", "http://2130706433/",
		"file:///etc/passwd"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!credentials_may_ask(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (credentials_may_ask(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void clear_environment(void)
{
	static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2",
					    "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
					    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"};

	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
}

static void the_region(void **state)
{
	char region[AWS_REGION_SIZE];

	(void)state;
	clear_environment();
	assert_true(place_region(NULL, region));
	assert_string_equal(region, "");
	setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
	assert_true(place_region(NULL, region));
	assert_string_equal(region, "eu-west-1");
	setenv("AWS_REGION", "us-gov-west-1", 1);
	assert_true(place_region("", region));
	assert_string_equal(region, "us-gov-west-1");
	assert_true(place_region("cn-north-1", region));
	assert_string_equal(region, "cn-north-1");
	setenv("AWS_REGION", "evil.example/", 1);
	assert_false(place_region(NULL, region));
	setenv("AWS_REGION", "", 1); /* as if it were not set */
	assert_true(place_region(NULL, region));
	assert_string_equal(region, "eu-west-1");
	assert_false(place_is_region("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	clear_environment();
}

static void the_endpoint(void **state)
{
	char url[AWS_URL_SIZE];

	(void)state;
	clear_environment();
	place_endpoint_of("eu-central-1", url);
	assert_string_equal(url, "https://ec2.eu-central-1.amazonaws.com");
	place_endpoint_of("cn-northwest-1", url);
	assert_string_equal(url, "https://ec2.cn-northwest-1.amazonaws.com.cn");
	assert_true(place_endpoint(NULL, url));
	assert_string_equal(url, "");
	setenv("AWS_ENDPOINT_URL", "https://all.example/", 1);
	assert_true(place_endpoint(NULL, url));
	assert_string_equal(url, "https://all.example");
	setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:8061", 1);
	assert_true(place_endpoint(NULL, url));
	assert_string_equal(url, "http://127.0.0.1:8061");
	assert_true(place_endpoint("https://[2001:db8::1]:443", url));
	assert_string_equal(url, "https://[2001:db8::1]:443");
	static const char *const bad[] = {"ftp://a", "http://", "http:///", "a", "http://a/b", "http://u:p@a", "http://a?b",
					  "http://a#b", "http://a b", "file:///etc/passwd", "http://a\r\nX: y"};

	for (size_t i = 0; i < COUNT(bad); i++)
		if (place_endpoint(bad[i], url))
			fail_msg("taken: %s", bad[i]);
	clear_environment();
}

static void the_metadata_service(void **state)
{
	char url[AWS_URL_SIZE];

	(void)state;
	clear_environment();
	assert_true(place_metadata(url));
	assert_string_equal(url, "http://169.254.169.254");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", 1);
	assert_true(place_metadata(url));
	assert_string_equal(url, "http://[fd00:ec2::254]");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1/", 1);
	assert_true(place_metadata(url));
	assert_string_equal(url, "http://127.0.0.1:1");
	setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
	assert_true(place_metadata(url));
	assert_string_equal(url, "");
	clear_environment();
}

static void what_refusals_mean(void **state)
{
	static const struct {
		long status;
		const char *code;
		enum gb_aws_result result;
	} cases[] = {
		{503, "RequestLimitExceeded", GB_AWS_THROTTLED}, {400, "Throttling", GB_AWS_THROTTLED},
		{400, "ThrottlingException", GB_AWS_THROTTLED},	 {503, "Unavailable", GB_AWS_THROTTLED},
		{503, "", GB_AWS_THROTTLED},			 {429, "", GB_AWS_THROTTLED},
		{403, "UnauthorizedOperation", GB_AWS_DENIED},	 {401, "AuthFailure", GB_AWS_DENIED},
		{400, "RequestExpired", GB_AWS_DENIED},		 {403, "ExpiredToken", GB_AWS_DENIED},
		{403, "AccessDenied", GB_AWS_DENIED},		 {403, "", GB_AWS_DENIED},
		{400, "InvalidTransitGatewayMulticastDomainId.NotFound", GB_AWS_NOT_FOUND},
		{400, "InvalidTransitGatewayMulticastDomainId.Malformed", GB_AWS_NOT_FOUND},
		{400, "InvalidGroup.NotFound", GB_AWS_NOT_FOUND}, {400, "InvalidParameterValue", GB_AWS_REFUSED},
		{400, "InvalidPermission.Duplicate", GB_AWS_REFUSED}, {412, "DryRunOperation", GB_AWS_REFUSED},
		{500, "InternalError", GB_AWS_UNREACHABLE},	 {502, "", GB_AWS_UNREACHABLE},
		{301, "", GB_AWS_MALFORMED},			 {404, "", GB_AWS_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (ec2_judge(cases[i].status, cases[i].code) != cases[i].result)
			fail_msg("%ld %s: %s", cases[i].status, cases[i].code,
				 gb_aws_result_name(ec2_judge(cases[i].status, cases[i].code)));
}

/* No network is needed for these: there is nothing to ask, or nobody at the port. */
static void sessions_say_what_is_wrong(void **state)
{
	struct gb_aws_settings settings = {.region = "eu-test-1", .endpoint = "http://127.0.0.1:1", .timeout_ms = 500};
	struct gb_aws_document *document;
	struct gb_aws_parameter many[GB_AWS_PARAMETERS_MAX + 1];
	struct gb_aws *aws;
	char error[300] = "";
	const char *region;

	(void)state;
	clear_environment();
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_PROFILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	assert_int_equal(gb_aws_create(&aws, &settings), 0);
	assert_int_equal(gb_aws_region(aws, &region, error, sizeof(error)), GB_AWS_OK);
	assert_string_equal(region, "eu-test-1");
	assert_int_equal(gb_aws_ec2(aws, "DescribeSubnets", NULL, 0, &document, error, sizeof(error)), GB_AWS_NO_CREDENTIALS);
	assert_null(document);
	assert_non_null(strstr(error, "AWS_EC2_METADATA_DISABLED"));
	setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
	assert_int_equal(gb_aws_ec2(aws, "DescribeSubnets", NULL, 0, &document, error, sizeof(error)), GB_AWS_UNREACHABLE);
	assert_non_null(strstr(error, "127.0.0.1:1"));
	assert_null(strstr(error, "secret"));
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct gb_aws_parameter){"A", "b"};
	assert_int_equal(gb_aws_ec2(aws, "DescribeSubnets", many, COUNT(many), &document, error, sizeof(error)), GB_AWS_FAILED);
	gb_aws_destroy(aws);

	settings.endpoint = "nonsense";
	assert_int_equal(gb_aws_create(&aws, &settings), 0);
	assert_int_equal(gb_aws_ec2(aws, "DescribeSubnets", NULL, 0, &document, error, sizeof(error)), GB_AWS_FAILED);
	assert_non_null(strstr(error, "AWS_ENDPOINT_URL"));
	gb_aws_destroy(aws);
	gb_aws_destroy(NULL);
	settings = (struct gb_aws_settings){0};
	assert_int_equal(gb_aws_create(&aws, &settings), 0);
	assert_int_equal(gb_aws_region(aws, &region, error, sizeof(error)), GB_AWS_NO_REGION);
	gb_aws_destroy(aws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_credentials),
		cmocka_unit_test(hostile_files_of_credentials),
		cmocka_unit_test(json_of_roles_and_containers),
		cmocka_unit_test(places_of_container_credentials),
		cmocka_unit_test(the_region),
		cmocka_unit_test(the_endpoint),
		cmocka_unit_test(the_metadata_service),
		cmocka_unit_test(what_refusals_mean),
		cmocka_unit_test(sessions_say_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
