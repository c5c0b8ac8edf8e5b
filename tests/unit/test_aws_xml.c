/* SPDX-License-Identifier: Apache-2.0 */
/* XML as EC2 sends it, and as somebody else might; and what makes a member. */
#include "test_pure.h"

#include <goose-bridge/aws.h>

#include "module/aws/question.h"

static struct gb_aws_document *parse(const char *text)
{
	char *copy = (char *)exact(text, strlen(text));
	struct gb_aws_document *document = gb_aws_document_parse(copy, strlen(text));

	free(copy);
	return document;
}

static void elements_are_found(void **state)
{
	struct gb_aws_document *document =
		parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n"
		      "  <set><item><id>a</id><x/></item><other/><item><id>b &amp; c</id></item></set>\n"
		      "  <set><item><id>second set</id></item></set><yes>true</yes><no>false</no>"
		      "<t> <![CDATA[<d>]]>&gt;</t></R>");
	const struct gb_aws_node *root = gb_aws_root(document), *item;

	(void)state;
	assert_non_null(root);
	assert_string_equal(gb_aws_name(root), "R");
	item = gb_aws_child(root, "set/item");
	assert_string_equal(gb_aws_text(item, "id", "-"), "a");
	assert_string_equal(gb_aws_text(item, "x", "-"), "");
	assert_string_equal(gb_aws_text(item, "y", "-"), "-");
	item = gb_aws_next(item);
	assert_string_equal(gb_aws_text(item, "id", "-"), "b & c");
	assert_null(gb_aws_next(item));
	assert_null(gb_aws_child(root, "se"));
	assert_null(gb_aws_child(root, "sets"));
	assert_null(gb_aws_child(NULL, "set"));
	assert_string_equal(gb_aws_text(NULL, "set", "none"), "none");
	assert_string_equal(gb_aws_text(gb_aws_child(root, "yes"), "", "-"), "true");
	assert_true(gb_aws_is_true(root, "yes"));
	assert_false(gb_aws_is_true(root, "no"));
	assert_false(gb_aws_is_true(root, "neither"));
	assert_string_equal(gb_aws_text(root, "t", "-"), " <d>>");
	gb_aws_document_free(document);
	gb_aws_document_free(NULL);
	assert_null(gb_aws_root(NULL));
}

static void what_is_no_xml_is_refused(void **state)
{
	static const char *const texts[] = {
		"", " ", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a>\x01</a>", "<a>\xFF</a>", "{}", "<a",
		"<a b=></a>", "<a><!-- --></a>", "<a><?b?></a>",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (parse(texts[i]))
			fail_msg("taken: %s", texts[i]);
	assert_null(gb_aws_document_parse("<a>\0</a>", 8));
}

/* A DTD is refused as such, whatever is in it. */
static void entities_are_refused(void **state)
{
	(void)state;
	assert_null(parse("<!DOCTYPE a><a/>"));
	assert_null(parse("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"));
	assert_null(parse("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"));
	assert_null(parse("<!DOCTYPE a SYSTEM \"http://192.0.2.1/a.dtd\"><a/>"));
	assert_null(parse("<!DOCTYPE lolz [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;\"><!ENTITY n "
			  "\"&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;\"><!ENTITY o \"&n;&n;&n;&n;&n;&n;&n;&n;&n;&n;\">]><a>&o;</a>"));
	/* in UTF-16, where the word has other octets */
	static const char wide[] = "\xFF\xFE<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0<\0a\0/\0>\0";

	assert_null(gb_aws_document_parse(wide, sizeof(wide) - 1));
	/* and in an encoding of which the text says itself that it is in */
	assert_null(parse("<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a+AD4-<a/>"));
}

static struct gb_aws_document *nested(unsigned depth)
{
	char *text = calloc(1, depth * 7 + 1);
	struct gb_aws_document *document;

	for (unsigned i = 0; i < depth; i++)
		memcpy(text + 3 * i, "<a>", 3);
	for (unsigned i = 0; i < depth; i++)
		memcpy(text + 3 * depth + 4 * i, "</a>", 4);
	document = parse(text);
	free(text);
	return document;
}

static void depth_is_bounded(void **state)
{
	struct gb_aws_document *document = nested(GB_AWS_DEPTH_MAX);

	(void)state;
	assert_non_null(document);
	gb_aws_document_free(document);
	assert_null(nested(GB_AWS_DEPTH_MAX + 1));
	assert_null(nested(255));
	assert_null(nested(100000));
	/* the deep one need not be the first */
	document = parse("<a><b/><b><b/><b/></b><b/></a>");
	assert_non_null(document);
	gb_aws_document_free(document);
}

static void size_is_bounded(void **state)
{
	size_t size = GB_AWS_BODY_MAX + 1;
	char *text = malloc(size);
	struct gb_aws_document *document;

	(void)state;
	memset(text, ' ', size);
	memcpy(text, "<a/>", 4);
	document = gb_aws_document_parse(text, size - 1);
	assert_non_null(document);
	gb_aws_document_free(document);
	assert_null(gb_aws_document_parse(text, size));
	/* many elements in little room */
	memcpy(text, "<a>", 3);
	for (size_t i = 3; i + 4 <= size - 5; i += 4)
		memcpy(text + i, "<b/>", 4);
	memcpy(text + size - 5, "</a>", 4);
	assert_null(gb_aws_document_parse(text, size - 1));
	free(text);
}

/* ---- members ---- */

#define ITEM(group, member, eni) \
	"<item><groupIpAddress>" group "</groupIpAddress><groupMember>" member "</groupMember><networkInterfaceId>" eni \
	"</networkInterfaceId></item>"

static struct question_count count(const char *list)
{
	struct question_count counted = {.interface_id = "eni-1", .group = "224.0.1.100"};
	char text[2000];
	struct gb_aws_document *document;

	snprintf(text, sizeof(text), "<R>%s</R>", list);
	document = parse(text);
	assert_non_null(document);
	question_take_page(&counted, gb_aws_root(document));
	gb_aws_document_free(document);
	return counted;
}

static void what_makes_a_member(void **state)
{
	(void)state;
	struct question_count c = count("<multicastGroups>" ITEM("224.0.1.100", "true", "eni-1") "</multicastGroups>");

	assert_true(c.found && c.members == 1 && !c.malformed);
	c = count("<multicastGroups>" ITEM("224.0.1.100", "true", "eni-2") ITEM("224.0.1.100", "true", "eni-1")
		  "</multicastGroups>");
	assert_true(c.found && c.members == 2);
	/* somebody else, a mere source, another group, an id that only begins so */
	c = count("<multicastGroups>" ITEM("224.0.1.100", "true", "eni-2") ITEM("224.0.1.100", "false", "eni-1")
			  ITEM("224.0.1.10", "true", "eni-1") ITEM("224.0.1.100", "true", "eni-11")
				  ITEM("224.0.1.100", "true", "") "<item/></multicastGroups>");
	assert_true(!c.found && c.members == 3 && !c.malformed);
	c = count("<multicastGroups/>");
	assert_true(!c.found && c.members == 0 && !c.malformed);
	c = count("<multicastGroup>" ITEM("224.0.1.100", "true", "eni-1") "</multicastGroup>");
	assert_true(!c.found && c.malformed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_found),
		cmocka_unit_test(what_is_no_xml_is_refused),
		cmocka_unit_test(entities_are_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(what_makes_a_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
